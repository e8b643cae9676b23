// js/components/passkey.js: lets the browser make or show a passkey, and sends what it says with the form.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function asked(options) {
  const known = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));
  const told = { ...options, challenge: bytes(options.challenge) };
  if (options.user) told.user = { ...options.user, id: bytes(options.user.id) };
  if (options.excludeCredentials) told.excludeCredentials = known(options.excludeCredentials);
  if (options.allowCredentials) told.allowCredentials = known(options.allowCredentials);
  return told;
}

function answered(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
}

export default function passkey(form) {
  if (!window.PublicKeyCredential) return;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    const field = form.querySelector("[name=credential]");
    if (field.value) return;
    event.preventDefault();
    const publicKey = asked(JSON.parse(form.dataset.options));
    const does = form.dataset.does;
    try {
      field.value = answered(await navigator.credentials[does]({ publicKey }));
    } catch (error) {
      console.info("No passkey this time:", error); // whoever shut the browser's box knows why
      return;
    }
    form.submit();
  });
}
