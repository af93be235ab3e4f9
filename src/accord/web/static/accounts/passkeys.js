// Passkeys: fetches what the node asks, lets the browser make or use a passkey, and puts the answer into the form as JSON.
function toBytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

function toText(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function withBytes(descriptors) {
  return (descriptors || []).map((descriptor) => ({ ...descriptor, id: toBytes(descriptor.id) }));
}

async function make({ publicKey }) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...publicKey,
      challenge: toBytes(publicKey.challenge),
      user: { ...publicKey.user, id: toBytes(publicKey.user.id) },
      excludeCredentials: withBytes(publicKey.excludeCredentials),
    },
  });
  return answerOf(made, ["clientDataJSON", "attestationObject"]);
}

async function use({ publicKey }) {
  const used = await navigator.credentials.get({
    publicKey: {
      ...publicKey,
      challenge: toBytes(publicKey.challenge),
      allowCredentials: withBytes(publicKey.allowCredentials),
    },
  });
  return answerOf(used, ["clientDataJSON", "authenticatorData", "signature"]);
}

function answerOf(credential, parts) {
  const response = Object.fromEntries(parts.map((part) => [part, toText(credential.response[part])]));
  return { id: credential.id, rawId: toText(credential.rawId), type: credential.type, response };
}

for (const form of document.querySelectorAll("[data-passkey]")) {
  const trouble = form.querySelector("[data-passkey-error]");
  const tell = (text) => {
    trouble.textContent = text;
    trouble.hidden = false;
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    trouble.hidden = true;
    if (!window.PublicKeyCredential) {
      tell(form.dataset.wordUnsupported);
      return;
    }
    try {
      const asked = await fetch(form.dataset.options, { headers: { Accept: "application/json" } });
      const options = await asked.json();
      const answer = form.dataset.passkey === "create" ? await make(options) : await use(options);
      form.elements.answer.value = JSON.stringify(answer);
      form.submit();
    } catch {
      tell(form.dataset.wordFailed);
    }
  });
}
