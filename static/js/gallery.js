// Tells which picture of [data-gallery] is seen.
for (const gallery of document.querySelectorAll("[data-gallery]")) {
  const strip = gallery.firstElementChild;
  const number = gallery.querySelector("[data-gallery-number]");
  strip.addEventListener("scroll", () => {
    if (number) number.textContent = 1 + Math.round(strip.scrollLeft / strip.clientWidth);
  }, { passive: true });
}
