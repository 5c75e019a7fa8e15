// A form is sent once: its button shows that it is working until the next page is there. Forms that scripts send are left alone.
addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (form.dataset.sent) event.preventDefault();
  setTimeout(() => {
    if (event.defaultPrevented || form.method === "get") return;
    form.dataset.sent = "yes";
    submitter?.setAttribute("aria-busy", "true");
  });
});

addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});
