// Checkout counts anew on the server when a choice changes what is to be paid: address, coupon, fetching, how many.
const names = new Set(["address_id", "coupon", "pickup", "quantity"]);
addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.hasAttribute("data-recount") && names.has(event.target.name)) form.requestSubmit(form.querySelector("[data-again]"));
});
