// Another value of a specification ([data-pick]) is shown in place: what follows the choice ([data-follow]) comes from the page
// the link leads to, so price, stock and picture are the server's. The address follows, too.
const pages = new Map();

addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-pick][href]");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (link.hasAttribute("aria-current")) return;
  link.closest("[data-follow]").setAttribute("aria-busy", "true");
  const page = await fetched(link.href);
  if (!page) location.assign(link.href);
  else show(page, link);
});

async function fetched(address) {
  const known = pages.get(address);
  if (known && Date.now() - known.at < 10_000) return known.page;
  try {
    const response = await fetch(address, { headers: { Accept: "text/html" } });
    if (!response.ok) return null;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    pages.set(address, { page, at: Date.now() });
    return page;
  } catch {
    return null;
  }
}

function show(page, link) {
  const pictured = () => document.querySelector('[data-follow="gallery"] img')?.getAttribute("src");
  const before = pictured();
  for (const part of document.querySelectorAll("[data-follow]")) {
    const fresh = page.querySelector(`[data-follow="${part.dataset.follow}"]`);
    if (!fresh || part.isEqualNode(fresh)) continue;
    if (part.matches("input")) part.value = fresh.value;
    else part.replaceChildren(...fresh.cloneNode(true).childNodes);
    part.removeAttribute("aria-busy");
  }
  if (pictured() !== before) document.querySelector(".gallery-strip").scrollTo({ left: 0 });
  history.replaceState(null, "", link.href.split("#")[0]);
  document.querySelector(`[data-pick="${link.dataset.pick}"]`)?.focus({ preventScroll: true });
}
