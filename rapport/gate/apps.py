"""The gate as a Django app: it owns the tables of grants, audit, openings and live topics."""

from django.apps import AppConfig


class GateConfig(AppConfig):
    """Raw tables only, made by RunSQL; no models."""

    name = "rapport.gate"
    label = "gate"
    verbose_name = "The gate"

    def ready(self) -> None:
        """Judge what decides about access, whoever writes it."""
        from django.conf import settings

        from rapport.gate import emergency, labelling, reviews
        from rapport.gate.consent import guard
        from rapport.gate.identity import links

        guard.set_up()
        links.set_up()
        emergency.set_up()
        labelling.use_folder(settings.DATA_DIR)
        labelling.table()
        reviews.set_up()
