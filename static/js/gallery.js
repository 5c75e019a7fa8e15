// Tells which picture of [data-gallery] is seen. Listens above it: the pictures change with the chosen variant.
addEventListener("scroll", ({ target: strip }) => {
  const number = strip.closest?.("[data-gallery]")?.querySelector("[data-gallery-number]");
  if (number) number.textContent = 1 + Math.round(strip.scrollLeft / strip.clientWidth);
}, { capture: true, passive: true });
