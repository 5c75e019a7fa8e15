// Shows chosen photos before they are sent. Bound to [data-preview] around a file input and a [data-previews] box.
addEventListener("change", (event) => {
  const input = event.target;
  const box = input.type === "file" && input.closest("[data-preview]")?.querySelector("[data-previews]");
  if (!box) return;
  for (const old of box.querySelectorAll("img")) URL.revokeObjectURL(old.src);
  box.replaceChildren(...[...input.files].map((file) => Object.assign(new Image(), { src: URL.createObjectURL(file), alt: file.name })));
});
