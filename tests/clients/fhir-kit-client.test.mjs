// The first ten minutes of an integrator with fhir-kit-client.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Client } from "fhir-kit-client";
import * as t from "./testing.mjs";

let client, tokenUrl;

before(async () => {
  client = new Client({ baseUrl: t.FHIR });
  tokenUrl = (await client.smartAuthMetadata()).tokenUrl.href;
  client.bearerToken = await t.token(tokenUrl, {}, t.CLIENT_ID, t.CLIENT_SECRET);
});

const create = (body, options) => client.create({ resourceType: body.resourceType, body, options });
const headers = (answer) => Client.httpFor(answer).response.headers;
const status = (answer) => Client.httpFor(answer).response.status;
const refused = (code, text) => (error) => {
  assert.equal(error.response.status, code);
  assert.equal(error.response.data.resourceType, "OperationOutcome");
  assert.match(error.response.data.issue[0].diagnostics, text);
  return true;
};

test("a token by key", async () => {
  const signing = new Client({ baseUrl: t.FHIR, bearerToken: await t.byKey(tokenUrl) });
  assert.equal((await signing.search({ resourceType: "Patient", searchParams: { _count: 1 } })).type, "searchset");
});

test("what the server says of itself", async () => {
  const said = await client.capabilityStatement();
  assert.equal(said.fhirVersion, "4.0.1");
  assert.ok(said.rest[0].interaction.some((one) => one.code === "transaction"));
});

test("from the first to the last version, with its headers", async () => {
  const made = await create(t.patient("First"));
  assert.equal(status(made), 201);
  assert.equal(headers(made).get("etag"), 'W/"1"');
  assert.equal(headers(made).get("location"), `${t.FHIR}/Patient/${made.id}/_history/1`);
  assert.ok(Math.abs(Date.parse(headers(made).get("last-modified")) - Date.now()) < 60_000);
  const read = await client.read({ resourceType: "Patient", id: made.id });
  assert.deepEqual(read, made);
  assert.match(headers(read).get("content-type"), /^application\/fhir\+json/);
  const changed = await client.update({ resourceType: "Patient", id: made.id, body: { ...made, gender: "female" } });
  assert.equal(changed.meta.versionId, "2");
  const before = await client.vread({ resourceType: "Patient", id: made.id, version: "1" });
  assert.equal(before.gender, undefined);
  const history = await client.history({ resourceType: "Patient", id: made.id });
  assert.deepEqual(history.entry.map((one) => one.resource.meta.versionId), ["2", "1"]);
  await client.delete({ resourceType: "Patient", id: made.id });
  await assert.rejects(client.read({ resourceType: "Patient", id: made.id }), refused(410, /deleted/));
});

test("somebody else was faster", async () => {
  const made = await create(t.patient("Late"));
  const options = { headers: { "If-Match": headers(made).get("etag") } };
  const body = { ...made, gender: "female" };
  await client.update({ resourceType: "Patient", id: made.id, body, options });
  await assert.rejects(
    client.update({ resourceType: "Patient", id: made.id, body, options }),
    refused(412, /Somebody else changed this/),
  );
});

test("every page to the end, by GET and by POST", async () => {
  for (let number = 0; number < 7; number += 1) await create(t.patient(`Page${number}`));
  for (const postSearch of [false, true]) {
    const searchParams = { family: t.FAMILY, given: "Page", _sort: "given", _count: 3 };
    const found = [];
    let page = await client.search({ resourceType: "Patient", searchParams, options: { postSearch } });
    while (page) {
      found.push(...page.entry.map((one) => one.resource.name[0].given[0]));
      page = await client.nextPage({ bundle: page });
    }
    assert.deepEqual(found, [0, 1, 2, 3, 4, 5, 6].map((number) => `Page${number}`));
  }
});

test("in a compartment, with includes, and resolved", async () => {
  const made = await create(t.patient("Compartment"));
  const rate = await create(t.rate(`Patient/${made.id}`));
  const inside = await client.search({
    resourceType: "Observation",
    compartment: { resourceType: "Patient", id: made.id },
    searchParams: { _include: "Observation:patient" },
  });
  assert.deepEqual(inside.entry.map((one) => [one.search.mode, one.resource.id]), [
    ["match", rate.id],
    ["include", made.id],
  ]);
  assert.equal((await client.resolve({ reference: rate.subject.reference })).id, made.id);
  const everything = await client.operation({ name: "everything", resourceType: "Patient", id: made.id, method: "GET" });
  assert.equal(everything.entry.length, 2);
});

test("JSON Patch, and one whose test fails", async () => {
  const { id } = await create(t.patient("Patch"));
  const jsonPatch = [{ op: "add", path: "/gender", value: "female" }];
  assert.equal((await client.patch({ resourceType: "Patient", id, jsonPatch })).gender, "female");
  const wrong = [{ op: "test", path: "/gender", value: "male" }];
  await assert.rejects(client.patch({ resourceType: "Patient", id, jsonPatch: wrong }), refused(422, /./));
});

test("conditional create and update", async () => {
  const options = { headers: { "If-None-Exist": `identifier=${t.NUMBERS}|${t.FAMILY}-Once` } };
  const first = await create(t.patient("Once"), options);
  const again = await create(t.patient("Once"), options);
  assert.deepEqual([status(first), status(again), again.id], [201, 200, first.id]);
  const searchParams = { identifier: `${t.NUMBERS}|${t.FAMILY}-Once` };
  const body = { ...t.patient("Once"), gender: "female" };
  const changed = await client.update({ resourceType: "Patient", searchParams, body });
  assert.deepEqual([changed.id, changed.meta.versionId], [first.id, "2"]);
});

test("a transaction, and one that fails whole", async () => {
  const fullUrl = "urn:uuid:0d4f2f3a-9f5e-4b39-8a39-6a1fd2b7c001";
  const entry = (resource, more = {}) => ({ resource, request: { method: "POST", url: resource.resourceType }, ...more });
  const bundle = (...entries) => ({ resourceType: "Bundle", type: "transaction", entry: entries });
  const said = await client.transaction({ body: bundle(entry(t.patient("Both"), { fullUrl }), entry(t.rate(fullUrl))) });
  assert.deepEqual(said.entry.map((one) => one.response.status.slice(0, 3)), ["201", "201"]);
  assert.match(said.entry[0].response.location, /Patient\/.+\/_history\/1$/);
  const broken = { ...t.rate(fullUrl), status: "done" };
  await assert.rejects(
    client.transaction({ body: bundle(entry(t.patient("Neither"), { fullUrl }), entry(broken)) }),
    refused(400, /Observation\.status/),
  );
  const searchParams = { family: t.FAMILY, given: "Neither", _summary: "count" };
  assert.equal((await client.search({ resourceType: "Patient", searchParams })).total, 0);
});

test("a batch answers each for itself", async () => {
  const read = (url) => ({ request: { method: "GET", url } });
  const { id } = await create(t.patient("Batch"));
  const body = { resourceType: "Bundle", type: "batch", entry: [read(`Patient/${id}`), read("Patient/never-there")] };
  const said = await client.batch({ body });
  assert.deepEqual(said.entry.map((one) => one.response.status.slice(0, 3)), ["200", "404"]);
});

test("what is not understood is named", async () => {
  const search = (searchParams) => client.search({ resourceType: "Patient", searchParams });
  await assert.rejects(search({ favouriteColour: "blue" }), refused(400, /favouriteColour/));
  await assert.rejects(search({ birthdate: "yesterday" }), refused(400, /yesterday|birthdate/));
  await assert.rejects(client.request("Patient", { options: { headers: { accept: "application/fhir+xml" } } }), refused(406, /JSON/));
  await assert.rejects(create({ resourceType: "Observation", status: "final" }), refused(400, /Observation\.code/));
});

test("what one may not see", async () => {
  const bearerToken = await t.token(tokenUrl, {}, t.NARROW_ID, t.NARROW_SECRET);
  const narrow = new Client({ baseUrl: t.FHIR, bearerToken });
  const made = await create(t.patient("Private"));
  assert.equal((await narrow.read({ resourceType: "Patient", id: made.id })).id, made.id);
  await assert.rejects(narrow.search({ resourceType: "Observation" }), refused(403, /scope/));
  await assert.rejects(narrow.read({ resourceType: "Patient", id: "never-there" }), refused(404, /not here/));
  await assert.rejects(narrow.delete({ resourceType: "Patient", id: made.id }), refused(403, /./));
  await assert.rejects(new Client({ baseUrl: t.FHIR }).search({ resourceType: "Patient" }), refused(401, /token/));
});
