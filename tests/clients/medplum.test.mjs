// The first ten minutes of an integrator with Medplum's client, on a server that is not Medplum's.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { MedplumClient, OperationOutcomeError } from "@medplum/core";
import * as t from "./testing.mjs";

const site = t.FHIR.replace(/fhir$/, "");
const FRESH = { cache: "reload" };
let medplum;

/** A client of this server. It caches nothing, so that every answer is the server's. */
const connected = () =>
  new MedplumClient({
    baseUrl: site,
    fhirUrlPath: "fhir/",
    tokenUrl: `${site}oauth/token`,
    cacheTime: 0,
    fetch,
  });

before(async () => {
  medplum = connected();
  await medplum.startClientLogin(t.CLIENT_ID, t.CLIENT_SECRET);
});

const refused = (code, text) => (error) => {
  assert.ok(error instanceof OperationOutcomeError, String(error));
  assert.equal(error.outcome.issue[0].code, code);
  assert.match(error.message, text);
  return true;
};

test("what the server says of itself", async () => {
  const said = await medplum.get("fhir/metadata");
  assert.equal(said.fhirVersion, "4.0.1");
});

test("from the first to the last version", async () => {
  const made = await medplum.createResource(t.patient("First"));
  assert.deepEqual(await medplum.readResource("Patient", made.id, FRESH), made);
  const changed = await medplum.updateResource({ ...made, gender: "female" });
  assert.equal(changed.meta.versionId, "2");
  assert.equal((await medplum.readVersion("Patient", made.id, "1")).gender, undefined);
  assert.equal((await medplum.readHistory("Patient", made.id)).entry.length, 2);
  assert.equal((await medplum.readReference({ reference: `Patient/${made.id}` })).gender, "female");
  await medplum.deleteResource("Patient", made.id);
  await assert.rejects(medplum.readResource("Patient", made.id, FRESH), refused("deleted", /deleted/));
});

test("an update that changes nothing is taken", async () => {
  const made = await medplum.createResource(t.patient("Same"));
  const again = await medplum.updateResource(made);
  assert.equal(again.id, made.id);
});

test("somebody else was faster", async () => {
  const made = await medplum.createResource(t.patient("Late"));
  const late = { headers: { "If-Match": `W/"${made.meta.versionId}"` } };
  await medplum.updateResource({ ...made, gender: "female" }, late);
  await assert.rejects(medplum.updateResource({ ...made, gender: "male" }, late), refused("conflict", /Somebody else/));
});

test("every page to the end", async () => {
  for (let number = 0; number < 7; number += 1) await medplum.createResource(t.patient(`Page${number}`));
  const query = { family: t.FAMILY, given: "Page", _sort: "given", _count: "3" };
  const pages = [];
  for await (const page of medplum.searchResourcePages("Patient", query)) pages.push(page.map((one) => one.name[0].given[0]));
  assert.deepEqual(pages.flat(), [0, 1, 2, 3, 4, 5, 6].map((number) => `Page${number}`));
  assert.deepEqual(pages.map((page) => page.length), [3, 3, 1]);
});

test("search one, search resources, search with a string", async () => {
  const made = await medplum.createResource(t.patient("Search"));
  const rate = await medplum.createResource(t.rate(`Patient/${made.id}`));
  assert.equal((await medplum.searchOne("Patient", `identifier=${t.NUMBERS}|${t.FAMILY}-Search`)).id, made.id);
  assert.equal(await medplum.searchOne("Patient", "identifier=nobody-has-this"), undefined);
  const found = await medplum.searchResources("Observation", { subject: `Patient/${made.id}` });
  assert.deepEqual(found.map((one) => one.id), [rate.id]);
  const both = await medplum.search("Observation", { patient: made.id, _include: "Observation:patient" });
  assert.deepEqual(both.entry.map((one) => one.search.mode), ["match", "include"]);
  assert.equal((await medplum.readPatientEverything(made.id)).entry.length, 2);
});

test("create if none exists, and upsert", async () => {
  const query = `identifier=${t.NUMBERS}|${t.FAMILY}-Upsert`;
  const first = await medplum.createResourceIfNoneExist(t.patient("Upsert"), query);
  assert.equal((await medplum.createResourceIfNoneExist(t.patient("Upsert"), query)).id, first.id);
  const upserted = await medplum.upsertResource({ ...t.patient("Upsert"), gender: "female" }, query);
  assert.deepEqual([upserted.id, upserted.gender], [first.id, "female"]);
  const other = await medplum.upsertResource(t.patient("Upserted"), `identifier=${t.NUMBERS}|${t.FAMILY}-Upserted`);
  assert.notEqual(other.id, first.id);
});

test("JSON Patch", async () => {
  const made = await medplum.createResource(t.patient("Patch"));
  const changed = await medplum.patchResource("Patient", made.id, [
    { op: "test", path: "/meta/versionId", value: "1" },
    { op: "add", path: "/gender", value: "female" },
  ]);
  assert.deepEqual([changed.gender, changed.meta.versionId], ["female", "2"]);
});

test("a transaction and a batch", async () => {
  const fullUrl = "urn:uuid:0d4f2f3a-9f5e-4b39-8a39-6a1fd2b7c002";
  const said = await medplum.executeBatch({
    resourceType: "Bundle",
    type: "transaction",
    entry: [
      { fullUrl, resource: t.patient("Both"), request: { method: "POST", url: "Patient" } },
      { resource: t.rate(fullUrl), request: { method: "POST", url: "Observation" } },
    ],
  });
  assert.deepEqual(said.entry.map((one) => one.response.status.slice(0, 3)), ["201", "201"]);
  const autobatched = new MedplumClient({ baseUrl: site, fhirUrlPath: "fhir/", autoBatchTime: 50, cacheTime: 0, fetch });
  autobatched.setAccessToken(medplum.getAccessToken());
  const ids = said.entry.map((one) => one.response.location.match(/(Patient|Observation)\/([^/]+)/).slice(1, 3));
  const read = await Promise.all(ids.map(([type, id]) => autobatched.readResource(type, id)));
  assert.deepEqual(read.map((one) => one.resourceType), ["Patient", "Observation"]);
});

test("files", async () => {
  const file = await medplum.createBinary({ data: "Hello", contentType: "text/plain", filename: "hello.txt" });
  assert.equal(file.resourceType, "Binary");
  assert.equal(await (await medplum.download(`${t.FHIR}/Binary/${file.id}`)).text(), "Hello");
});

test("validate", async () => {
  const said = await medplum.validateResource(t.patient("Valid"));
  assert.ok(said.issue.every((one) => one.severity !== "error"));
  await assert.rejects(medplum.createResource({ resourceType: "Observation", status: "final" }), refused("required", /Observation\.code/));
});

test("what one may not see", async () => {
  const narrow = connected();
  await narrow.startClientLogin(t.NARROW_ID, t.NARROW_SECRET);
  const made = await medplum.createResource(t.patient("Private"));
  assert.equal((await narrow.readResource("Patient", made.id)).id, made.id);
  await assert.rejects(narrow.searchResources("Observation", ""), refused("forbidden", /scope/));
  await assert.rejects(narrow.readResource("Patient", "never-there"), refused("not-found", /not here/));
  await assert.rejects(narrow.updateResource({ ...made, gender: "female" }), refused("forbidden", /./));
  await assert.rejects(connected().searchResources("Patient", ""), refused("login", /Unauthorized/));
  await assert.rejects(connected().startClientLogin(t.NARROW_ID, "guessed"));
});

test("a token by key", async () => {
  const signing = connected();
  await signing.startJwtAssertionLogin(t.statement(`${site}oauth/token`));
  assert.ok((await signing.searchResources("Patient", { _count: "1" })).length <= 1);
});
