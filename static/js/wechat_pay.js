// Opens WeChat's cashier inside WeChat. Bound to [data-jsapi], whose value is the JSON of getBrandWCPayRequest; the poll sees the result.
import { toast } from "./toast.js";

addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-jsapi]");
  if (!button) return;
  const open = () => globalThis.WeixinJSBridge.invoke("getBrandWCPayRequest", JSON.parse(button.dataset.jsapi), (result) => {
    if (result.err_msg === "get_brand_wcpay_request:fail") toast(button.dataset.failed, "error");
  });
  if (globalThis.WeixinJSBridge) open();
  else document.addEventListener("WeixinJSBridgeReady", open, { once: true });
});
