// Asks before a form is sent or a button works. Bound to data-confirm="question" (with data-confirm-yes and data-confirm-no for the two words).
let sure = null;

function ask(question, yes, no) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  const actions = Object.assign(document.createElement("form"), { method: "dialog", className: "dialog-actions" });
  actions.append(choice(no, "no", "button button-outline"), choice(yes, "yes", "button button-primary"));
  dialog.append(Object.assign(document.createElement("p"), { textContent: question }), actions);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    dialog.remove();
    resolve(dialog.returnValue === "yes");
  }));
}

function choice(text, value, className) {
  return Object.assign(document.createElement("button"), { textContent: text, value, className });
}

addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  const asking = submitter?.closest("[data-confirm]") ?? form.closest("[data-confirm]");
  if (!asking || sure === form) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const [yes, no] = document.documentElement.lang === "en" ? ["OK", "Go back"] : ["好", "再想想"];
  const { confirm, confirmYes = yes, confirmNo = no } = asking.dataset;
  if (!(await ask(confirm, confirmYes, confirmNo))) return;
  sure = form;
  form.requestSubmit(submitter ?? undefined);
  sure = null;
}, true);
