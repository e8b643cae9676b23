// live.js: what stands in hx-… on working links, forms and parts that ask again by themselves. Staff pages only.
import "../../vendor/htmx/htmx.js";

export default function live(element) {
  window.htmx.process(element);
}
