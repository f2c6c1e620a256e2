"""Pages of accounts and of the site: thin views over the files beside this folder."""
