// What script adds to pages that work without it: drafts kept, a form sent once, pages that follow the record,
// and lists of lines that grow. Nothing here is needed to do anything.

const said = document.getElementById("rp-said");
const words = document.body.dataset;

/** Tell a screen reader, once. */
function say(text) {
  if (!said || !text) return;
  said.textContent = "";
  setTimeout(() => { said.textContent = text; }, 50);
}

/** Fields a person types into or chooses in, and what belongs to them; never tokens, files or passwords. */
const own = (form) => [...form.elements].filter((field) => field.name && ("drafted" in field.dataset
  || (!["hidden", "file", "password", "submit", "button"].includes(field.type) && field.tagName !== "FIELDSET")));

const typed = (field) => field.matches("textarea, select, input:not([type=hidden])") && (
  field.matches("[type=radio], [type=checkbox]") ? field.checked !== field.defaultChecked
    : field.tagName === "SELECT" ? [...field.options].some((one) => one.selected !== one.defaultSelected && !field.multiple && one.defaultSelected)
      : field.value !== field.defaultValue);

// ---------- htmx, on pages that use it ----------

let fetched = false;

function wake(part) {
  if (globalThis.htmx) globalThis.htmx.process(part);
  else if (!fetched && part.querySelector("[hx-get], [hx-post]")) {
    fetched = true;
    document.head.append(Object.assign(document.createElement("script"), { src: words.htmx, onload: gently }));
  }
}

/** What htmx swaps into a place is laid over what is there: typing, focus and chosen files stay. */
function gently() {
  globalThis.htmx.defineExtension("gently", {
    isInlineSwap: () => false,
    handleSwap(style, place, fresh) {
      if (style !== "innerHTML") return false;
      children(place, fresh);
      return [...place.children];
    },
  });
}

// htmx starts by itself only on a page that is complete
if (document.readyState === "complete") wake(document.body);
else addEventListener("load", () => wake(document.body));

// ---------- a form is sent once ----------

const sent = new WeakSet();

function forget(form) {
  sent.delete(form);
  form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (sent.has(form)) { event.preventDefault(); return; }
  sent.add(form);
  event.submitter?.setAttribute("aria-busy", "true");
  say(words.saidSending);
  setTimeout(() => forget(form), 15000); // the answer never came: let them try again, the once-token guards
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.matches?.("form")) forget(event.target); // not for a field that only looks something up
});
addEventListener("pageshow", (event) => { // Back shows the page as it was: its forms may be sent again
  if (event.persisted) document.querySelectorAll("form").forEach(forget);
});

// ---------- drafts ----------

const last = new WeakMap();

function draftOf(form) {
  const found = {};
  for (const field of own(form)) {
    if (field.matches("[type=radio], [type=checkbox]") && !field.checked) continue;
    (found[field.name] ??= []).push(field.value);
  }
  return JSON.stringify(found);
}

function body(form, text) {
  const data = new FormData();
  data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken?.value ?? "");
  data.set("place", form.dataset.draft);
  data.set("text", text);
  return data;
}

async function keep(form) {
  const text = draftOf(form);
  if (sent.has(form) || last.get(form) === text) return;
  last.set(form, text);
  try {
    const answer = await fetch(form.dataset.draftUrl, { method: "POST", body: body(form, text), redirect: "manual" });
    if (!answer.ok) throw new Error(String(answer.status));
    const note = form.querySelector("[data-draft-note]");
    if (note) note.textContent = words.saidDraft;
  } catch {
    last.delete(form); // tried again at the next key or when the page is left
  }
}

const waiting = new WeakMap();

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form?.dataset.draft || !form.dataset.draftUrl) return;
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(() => keep(form), 1500));
});

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "hidden") return;
  for (const form of document.querySelectorAll("form[data-draft][data-draft-url]")) {
    const text = draftOf(form);
    if (sent.has(form) || !own(form).some(typed) || last.get(form) === text) continue;
    if (navigator.sendBeacon(form.dataset.draftUrl, body(form, text))) last.set(form, text);
  }
});

// ---------- hints beside an answer: made of the words on the page, kept nowhere ----------

async function hint(field) {
  const data = new FormData();
  data.set("csrfmiddlewaretoken", field.form.elements.csrfmiddlewaretoken?.value ?? "");
  data.set("text", field.value);
  data.set("heard", document.getElementById("heard")?.value ?? "");
  const asked = field.value;
  try {
    const answer = await fetch(field.dataset.coachUrl, { method: "POST", body: data, redirect: "manual" });
    if (!answer.ok || field.value !== asked) return; // older than what is typed now
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("coach")?.replaceChildren(...page.body.childNodes);
  } catch { /* no hint is no harm */ }
}

const hinting = new WeakMap();

document.addEventListener("input", ({ target }) => {
  if (!target.dataset?.coachUrl) return;
  clearTimeout(hinting.get(target));
  hinting.set(target, setTimeout(() => hint(target), 600));
});
document.querySelectorAll("[data-coach-url]").forEach((field) => { if (field.value) hint(field); });

// ---------- answers that are saved one by one ----------

document.addEventListener("change", async ({ target }) => {
  const form = target.form;
  if (!form?.dataset.each || target.type !== "radio") return;
  const data = new FormData();
  data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken?.value ?? "");
  data.set("each", "1");
  data.set(target.name, target.value);
  try {
    const answer = await fetch(form.action, { method: "POST", body: data, redirect: "manual" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const place = document.getElementById(form.dataset.each);
    const fresh = page.getElementById(form.dataset.each);
    if (answer.ok && fresh && place.innerHTML.trim() !== fresh.innerHTML.trim()) place.replaceChildren(...fresh.childNodes);
  } catch { /* the button at the end saves them all */ }
});

// ---------- the page follows the record ----------

/** Whether a part holds something being typed, or the caret: then it stays, whatever the record says. */
function inUse(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return false;
  const fields = [node, ...node.querySelectorAll("textarea, select, input")];
  return fields.some((field) => field.form && (typed(field) || (field === document.activeElement && field.matches("textarea, input[type=text]"))));
}

function dress(old, fresh) {
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !(name === "open" && old.tagName === "DETAILS")) old.removeAttribute(name);
  }
}

/** The child of `parent` from `at` on that a fresh node continues: by id, else the next one of its kind. */
function partner(at, fresh) {
  const id = fresh.id;
  for (let old = at; old; old = old.nextSibling) {
    if (id ? old.id === id : old.nodeName === fresh.nodeName && !old.id) return old;
    if (!id && old.nodeType === Node.ELEMENT_NODE) return null;
  }
  return null;
}

/** Make `old` like `fresh`, keeping every node that can be kept: focus, caret, open details and words stay. */
function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) { old.nodeValue = fresh.nodeValue; return; }
  dress(old, fresh);
  children(old, fresh);
}

function children(old, fresh) {
  let at = old.firstChild;
  for (const kid of [...fresh.childNodes]) {
    const match = partner(at, kid);
    if (!match) old.insertBefore(document.importNode(kid, true), at);
    else {
      if (match === at) at = at.nextSibling; else old.insertBefore(match, at);
      morph(match, kid);
    }
  }
  while (at) {
    const next = at.nextSibling;
    if (!inUse(at)) at.remove();
    at = next;
  }
}

/** What a region says, without who read what: that is no news to be read out. */
function told(region) {
  const copy = region.cloneNode(true);
  copy.querySelectorAll("[data-quiet]").forEach((part) => part.remove());
  return copy.textContent.replace(/\s+/g, " ");
}

function follow(page) {
  const focus = document.activeElement;
  let changed = false;
  for (const region of document.querySelectorAll("[data-live-region][id]")) {
    const fresh = page.getElementById(region.id);
    if (!fresh) continue;
    const before = told(region);
    morph(region, fresh);
    changed ||= before !== told(region);
    wake(region);
  }
  if (focus?.isConnected && focus !== document.activeElement) focus.focus({ preventScroll: true });
  if (page.title) document.title = page.title;
  if (changed) say(words.saidNew);
}

const EVERY = 4000;
const AT_MOST = 60000;
let pause = EVERY;
let timer = 0;

function signedOut() {
  const notice = document.createElement("div");
  notice.className = "rp-call";
  notice.setAttribute("role", "alert");
  notice.append(Object.assign(document.createElement("p"), { textContent: words.saidOut }));
  document.getElementById("main")?.prepend(notice);
}

/** Ask once whether something changed. Returns whether to go on asking. */
async function ask() {
  const quiet = { headers: { "X-Live": "1" }, cache: "no-store", redirect: "manual" };
  const query = new URLSearchParams({ t: words.live, s: words.liveState ?? "" });
  const answer = await fetch(`${words.liveUrl}?${query}`, quiet);
  if (answer.status === 401 || answer.type === "opaqueredirect") { signedOut(); return false; }
  if ([400, 403, 404].includes(answer.status)) return false; // not ours to follow
  if (!answer.ok) throw new Error(String(answer.status));
  if (answer.status === 204) return true;
  const { s } = await answer.json();
  if (s === words.liveState) return true;
  const got = await fetch(location.href, quiet);
  if (got.status === 404) { location.reload(); return false; } // it is not shared any more: nor shown
  if (!got.ok) throw new Error(String(got.status));
  const page = new DOMParser().parseFromString(await got.text(), "text/html");
  follow(page);
  words.liveState = page.body.dataset.liveState ?? s;
  return true;
}

const onScreen = (part) => [...part.getClientRects()].some((box) => box.bottom > 0 && box.top < innerHeight);

/** Letters that came in while the page was open, and were on the screen for a turn, are opened: say so. */
async function opened() {
  const url = document.querySelector("[data-opened-url]")?.dataset.openedUrl;
  const seen = url ? [...document.querySelectorAll("[data-unopened]")].filter(onScreen) : [];
  if (!seen.length) return;
  const data = new FormData();
  data.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "");
  for (const part of seen) data.append("letter", part.dataset.unopened);
  const answer = await fetch(url, { method: "POST", headers: { "X-Live": "1" }, body: data, redirect: "manual" });
  if (answer.ok) seen.forEach((part) => part.removeAttribute("data-unopened"));
}

async function turn() {
  if (document.visibilityState === "hidden") return;
  try {
    await opened();
    if (!(await ask())) return;
    pause = EVERY;
  } catch {
    pause = Math.min(pause * 2, AT_MOST);
  }
  clearTimeout(timer);
  timer = setTimeout(turn, pause);
}

if (words.live) {
  timer = setTimeout(turn, pause);
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.visibilityState === "visible") timer = setTimeout(turn, 300);
  });
}

// ---------- lists of lines: add one, take one out ----------

document.addEventListener("click", (event) => {
  const add = event.target.closest("[data-add]");
  const take = event.target.closest("[data-take]");
  if (add) {
    const list = document.querySelector(`[data-lines="${add.dataset.add}"]`);
    const line = document.querySelector(`template[data-line="${add.dataset.add}"]`);
    if (!list || !line) return;
    event.preventDefault();
    const spare = [...list.querySelectorAll("input[type=text]")].find((field) => !field.value && !field.closest("details:not([open])"));
    if (!spare) {
      const number = String(list.children.length + 1);
      const fresh = line.content.cloneNode(true);
      for (const node of fresh.querySelectorAll("*")) {
        for (const { name, value } of [...node.attributes]) node.setAttribute(name, value.replaceAll("__n__", number));
      }
      list.append(fresh);
    }
    (spare ?? list.lastElementChild.querySelector("input[type=text], textarea"))?.focus();
  } else if (take) {
    event.preventDefault();
    const list = take.closest("[data-lines]");
    take.closest("li")?.remove();
    document.querySelector(`[data-add="${list?.dataset.lines}"]`)?.focus();
  }
});

document.addEventListener("input", (event) => { // a chip shows its words as they are changed
  const shown = event.target.closest(".rp-chip")?.querySelector("[data-words]");
  if (shown && event.target.type === "text") shown.textContent = event.target.value;
});

document.querySelector("[data-print]")?.addEventListener("click", () => window.print());

// ---------- help without a network: a patient's own words, kept on this device until they sign out ----------

async function offline() {
  const known = await navigator.serviceWorker.getRegistration("/help/");
  if (words.offline) {
    if (!known) await navigator.serviceWorker.register(words.offline, { scope: "/help/" });
    else if (location.pathname.startsWith("/matters/")) known.active?.postMessage("changed");
  } else if (known) {
    await known.unregister();
    await caches.delete("rapport-help");
  }
}

if ("serviceWorker" in navigator) offline().catch(() => {}); // a browser may forbid it: help is there all the same
