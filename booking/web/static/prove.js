// Solves a challenge of ALTCHA 2, then sends its form. Loaded only where an office asks for proof of work. The browser
// itself derives the keys (WebCrypto), a few at a time, so that the page stays usable; nothing is asked of anybody else.
// Without WebCrypto (a page without HTTPS) the form stays as it is: the letter does it, as without any script.

const AT_ONCE = 8;
const TOLD_EVERY = 25; // per cent: a screen reader shall not hear each step

export async function prove(form) {
  const { subtle } = globalThis.crypto ?? {};
  const proof = form.elements.proof;
  if (!subtle || !proof.disabled) return; // proven already
  const status = form.querySelector("[role=status]");
  const { working, part, done, tries } = form.dataset;
  const challenge = JSON.parse(form.dataset.challenge);
  for (const each of form.querySelectorAll("[data-unproven], [data-proving]")) each.hidden = "unproven" in each.dataset;
  status.textContent = working;
  let told = 0;
  const solution = await solve(subtle, challenge.parameters, counter => {
    const percent = Math.floor((100 * counter) / tries / TOLD_EVERY) * TOLD_EVERY;
    if (percent > told && percent < 100) status.textContent = part.replace("{percent}", (told = percent));
    return form.isConnected || !counter; // whoever has gone on needs no proof
  });
  if (!solution) return;
  proof.value = btoa(JSON.stringify({ challenge, solution }));
  proof.disabled = false;
  status.textContent = done;
  form.querySelector("div[hidden]").hidden = false; // for whoever comes back
  if (form.isConnected) form.requestSubmit();
}

async function solve(subtle, { nonce, salt, cost, keyLength, keyPrefix }, goesOn) {
  const started = performance.now();
  const settings = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
  const password = bytes(nonce + "00000000");
  const derive = async counter => {
    new DataView(password.buffer).setUint32(password.length - 4, counter);
    const key = await subtle.importKey("raw", password.slice(), "PBKDF2", false, ["deriveBits"]);
    return hex(await subtle.deriveBits(settings, key, keyLength * 8));
  };
  for (let first = 0; goesOn(first); first += AT_ONCE) {
    const keys = await Promise.all(Array.from({ length: AT_ONCE }, (_, step) => derive(first + step)));
    const found = keys.findIndex(key => key.startsWith(keyPrefix));
    if (found >= 0) return { counter: first + found, derivedKey: keys[found], time: performance.now() - started };
  }
}

function bytes(text) {
  return Uint8Array.from(text.match(/../g), pair => parseInt(pair, 16));
}

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), byte => byte.toString(16).padStart(2, "0")).join("");
}
