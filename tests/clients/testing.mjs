// What the scripts of both clients share: facts of the running server, tokens, a plain patient.

import { createPrivateKey, randomUUID, sign } from "node:crypto";

export const { FHIR, FAMILY, CLIENT_ID, CLIENT_SECRET, NARROW_ID, NARROW_SECRET } = process.env;
export const NUMBERS = "urn:example:numbers";

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A statement that shows who the program is, signed by its key (SMART Backend Services). */
export function statement(audience) {
  const client = process.env.SIGNING_ID;
  const now = Math.floor(Date.now() / 1000);
  const head = encoded({ alg: "ES384", kid: "tests", typ: "JWT" });
  const said = encoded({ iss: client, sub: client, aud: audience, exp: now + 60, jti: randomUUID() });
  const key = createPrivateKey(process.env.SIGNING_KEY);
  const signed = sign("sha384", Buffer.from(`${head}.${said}`), { key, dsaEncoding: "ieee-p1363" });
  return `${head}.${said}.${signed.toString("base64url")}`;
}

/** An access token, by secret or by a signed statement. */
export async function token(url, fields, id, secret) {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  if (secret) headers.authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;
  const body = new URLSearchParams({ grant_type: "client_credentials", ...fields });
  const answer = await fetch(url, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return (await answer.json()).access_token;
}

export const byKey = (url) =>
  token(url, {
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: statement(url),
    scope: "system/*.cruds",
  });

export const patient = (given = "Amina") => ({
  resourceType: "Patient",
  name: [{ family: FAMILY, given: [given] }],
  identifier: [{ system: NUMBERS, value: `${FAMILY}-${given}` }],
});

export const rate = (reference) => ({
  resourceType: "Observation",
  status: "final",
  code: { coding: [{ system: "http://loinc.org", code: "8867-4" }] },
  subject: { reference },
  valueQuantity: { value: 72, unit: "/min" },
});
