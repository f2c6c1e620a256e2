// The page of help without a network: served at /help/offline.js, so that it reaches no other page.
// It keeps one page and what that page is drawn with. The network always comes first; the kept page is shown only
// where there is none. `ui.js` takes all of it away where nobody is signed in.

const KEPT = "rapport-help";
const PAGE = "/help/";

/** Fetch the page as whoever is signed in sees it, and what it is drawn with. */
async function keep() {
  const page = await fetch(PAGE, { credentials: "same-origin", cache: "no-store" });
  if (!page.ok || page.redirected) return;
  const text = await page.clone().text();
  const parts = [...text.matchAll(/(?:href|src)="(\/static\/[^"#]+)/g)].map((found) => found[1]);
  const kept = await caches.open(KEPT);
  await kept.put(PAGE, page);
  await Promise.allSettled([...new Set(parts)].map((part) => kept.add(part)));
}

addEventListener("install", (event) => event.waitUntil(keep().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("message", (event) => event.waitUntil(keep()));

addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  const ours = origin === location.origin && event.request.method === "GET";
  if (!ours || (pathname !== PAGE && !pathname.startsWith("/static/"))) return;
  event.respondWith(fetch(event.request).then((answer) => {
    if (pathname === PAGE && answer.ok && !answer.redirected) {
      const copy = answer.clone();
      event.waitUntil(caches.open(KEPT).then((kept) => kept.put(PAGE, copy)));
    }
    return answer;
  }).catch(async () => (await caches.match(pathname, { cacheName: KEPT })) ?? Response.error()));
});
