// A list that reloads when a choice changes: form[data-choose] is sent at each change of a select or radio.
addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.hasAttribute("data-choose")) form.requestSubmit();
});
