// <wartefrei-booking municipality="…" office="…" concern="…" lang="…"> books inside another site's page.
//
// It shows the same steps as our own pages: fetched as fragments, put into a shadow root. Nothing is kept but what the
// open page holds itself: no cookie, no storage, and history.state has addresses of steps only, nothing that was typed.
// The sentences come from the server, in the reader's language. How to embed it: docs/embedding.md. All of it stands in
// this one file: a second one would be one more request before anybody sees anything.
"use strict";

(() => {
  if (customElements.get("wartefrei-booking")) return; // the script stands twice on the page
  if (!window.CSS?.registerProperty || !("adoptedStyleSheets" in document)) return; // before 2024: the plain link stays

  // Not `document.currentScript`: in a homepage, <img name="currentScript"> of some guest book would answer to that.
  const { get: currentScript } = Object.getOwnPropertyDescriptor(Document.prototype, "currentScript");
  const HOME = new URL(".", currentScript.call(document).src).href;
  const STEP = /^[^/]+\/(checklist|contact|link)?$/; // what opens inside the widget; every other page opens a tab
  const SILENT = 300; // ms without a word: most answers come sooner
  const SLOW = 8_000; // ms after which we say that it takes long
  const PATIENCE = 40_000; // ms after which an answer counts as lost
  const UNREACHABLE = "Die Terminbuchung ist gerade nicht erreichbar. · Booking cannot be reached right now.";
  const AGAIN = "Noch einmal versuchen · Try again";

  // Where a host page enforces Trusted Types, its policy has to allow this name.
  const policy = window.trustedTypes?.createPolicy("wartefrei", { createHTML: (text) => text });
  const known = new Map(); // address → promise of a style sheet, one for all elements on the page
  const fonts = new Set(); // addresses of the files that the page knows already

  // The reader's own font size as a length to multiply: `rem` would be the host page's, `em` that of each element.
  CSS.registerProperty({ name: "--wf-rem", syntax: "<length>", inherits: true, initialValue: "16px" });

  class WartefreiBooking extends HTMLElement {
    #steps = new Map(); // number → step as it was left: { number, address, isTyped, fragment, sheet, problem }
    #step = null; // the one that is shown
    #last = 0; // the highest number given
    #running = null; // what ends the request under way
    #timers = [];
    #retry = null;
    #parts = {};
    #connection = null; // what ends the listeners

    connectedCallback() {
      this.#connection = new AbortController();
      const { signal } = this.#connection;
      if (!this.shadowRoot) this.#build();
      addEventListener("popstate", (event) => this.#return(event.state), { signal }); // also links to # on this page
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#colour(), { signal });
      if (!this.#step) this.#start();
    }

    disconnectedCallback() {
      this.#connection.abort();
      this.#stop();
    }

    #build() {
      const root = this.attachShadow({ mode: "open" });
      const parts = (this.#parts = {
        probe: make("span", "wf-probe"),
        box: make("div", "wf-box"),
        shadow: make("div", "wf-shadow"),
        region: make("div", "wf-region"),
        notice: make("div", "wf-notice"),
        status: make("p", "wf-notice__status", { role: "status" }),
        alert: make("p", "wf-notice__alert", { role: "alert" }),
        again: make("button", "wf-notice__again", { type: "button", hidden: true }),
      });
      parts.region.append(document.createElement("slot")); // the plain link, until there is something better
      parts.notice.append(parts.status, parts.alert, parts.again);
      parts.shadow.append(parts.region, parts.notice);
      parts.box.append(parts.shadow);
      root.append(parts.probe, parts.box);
      root.addEventListener("click", (event) => this.#click(event));
      root.addEventListener("submit", (event) => this.#submit(event));
    }

    // Dark only where the host page is dark too: a black block on a white page would look broken.
    #colour() {
      const isDark = getComputedStyle(this.#parts.probe).color === "rgb(0, 0, 0)";
      this.#parts.shadow.dataset.theme = isDark ? "dark" : "light";
    }

    // ---- where to begin, and the way back ----

    get #key() {
      const unnamed = [...document.querySelectorAll("wartefrei-booking:not([id])")];
      return `wartefrei:${this.id || unnamed.indexOf(this) + 1}`;
    }

    #start() {
      const kept = history.state?.[this.#key];
      this.#last = kept?.number ?? 0;
      if (kept) return this.#open({ address: kept.address }, { number: kept.number, isLost: kept.isTyped });
      const linked = this.#linked();
      const address = this.#beginning(linked ?? this.getAttribute("concern") ?? "");
      return this.#open({ address }, { number: 0, isAim: linked !== null });
    }

    #beginning(wishes) {
      const chosen = wishes.split(/[\s,]+/).filter(Boolean);
      const place = this.getAttribute("municipality");
      const address = new URL(place ? `${encodeURIComponent(place)}/${chosen.length ? "checklist" : ""}` : "", HOME);
      for (const wish of chosen) address.searchParams.append("concern", wish);
      for (const name of ["office", "lang"]) {
        if (this.getAttribute(name)) address.searchParams.set(name, this.getAttribute(name));
      }
      return address.href;
    }

    // #wartefrei:personalausweis:2,fuehrungszeugnis – or with the element's id – names the concerns to begin with.
    #linked() {
      const [, name, wishes] = /^#([^:]+):([\w:,-]+)$/.exec(location.hash) ?? [];
      const isFirst = document.querySelector(this.localName) === this;
      return name && (name === this.id || (name === "wartefrei" && isFirst)) ? wishes : null;
    }

    #follow(linked) {
      if (linked !== null) this.#open({ address: this.#beginning(linked) }, { number: this.#last + 1, hasFocus: true });
    }

    // Back and Forward: what is in memory is shown as it was left; after a reload, the nearest step with an address.
    #return(state) {
      const kept = state?.[this.#key];
      if (!kept) return this.#follow(this.#linked()); // an entry of the host page's own
      if (kept.number === this.#step?.number) return; // another widget's step
      const step = this.#steps.get(kept.number);
      if (step) this.#show(step, { hasFocus: true });
      else this.#open({ address: kept.address }, { number: kept.number, isLost: kept.isTyped, hasFocus: true });
    }

    // Once an appointment is settled, Back shall not show it as it was before: what came by POST shows how it stands.
    #forget(settled) {
      for (const [number, step] of this.#steps) if (step.isTyped) this.#steps.set(number, settled);
    }

    // What other widgets and the host page keep in the entry stays. The words of a search are typed text: left out.
    #note({ number, address, isTyped }, isNew) {
      const bare = new URL(address);
      bare.searchParams.delete("q");
      const state = { ...history.state, [this.#key]: { number, address: bare.href, isTyped } };
      if (isNew) history.pushState(state, "");
      else history.replaceState(state, "");
    }

    // ---- what people do ----

    #click(event) {
      if (event.target === this.#parts.again && !this.#running) return this.#retry();
      const link = event.target.closest(".wf-fragment a[href]"); // not the host page's plain link
      if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      const target = link.getAttribute("href");
      if (target.startsWith("#")) {
        event.preventDefault();
        goTo(this.shadowRoot.getElementById(target.slice(1)));
      } else if (!link.target && isStep(target)) {
        event.preventDefault();
        this.#ask({ address: target });
      }
    }

    #submit(event) {
      event.preventDefault();
      const { target: form, submitter } = event;
      const asked = (name) => submitter?.getAttribute(`form${name}`) ?? form.getAttribute(name) ?? "";
      const fields = new URLSearchParams(new FormData(form, submitter));
      const address = new URL(asked("action"), this.#step.address);
      if (submitter?.dataset.file) return this.#save({ address: address.href, fields }, submitter.dataset.file);
      if (asked("method").toLowerCase() === "post") return this.#ask({ address: address.href, fields });
      address.search = fields;
      this.#ask({ address: address.href });
    }

    // Hands the answer out as a file, and stays where it is.
    async #save(request, name) {
      try {
        const answer = await answerTo(request);
        if (!answer.ok) throw new TypeError(`${name}: ${answer.status}`);
        const href = URL.createObjectURL(await answer.blob());
        make("a", "", { href, download: name }).click();
        setTimeout(() => URL.revokeObjectURL(href), PATIENCE);
        this.#say("");
      } catch (error) {
        this.#retry = () => this.#save(request, name);
        this.#fail(this.#texts.failed);
        if (!(error instanceof TypeError)) reportError(error);
      }
    }

    #ask(request) {
      if (!this.#running) this.#open(request, { isNew: true, hasFocus: true }); // a second click is the first one's
    }

    // ---- asking, and what comes of it ----

    // `goal`: the number of the step, or `isNew` for a new entry in the history; `isLost`: what was typed is gone;
    // `hasFocus` moves the focus, `isAim` only scrolls to the widget.
    async #open(request, goal) {
      this.#stop();
      const running = (this.#running = new AbortController());
      this.#retry = () => this.#open(request, { ...goal, hasFocus: true });
      this.#wait(running);
      try {
        const asked = fetchStep(request, { nearest: this.#step?.address, signal: running.signal });
        const step = await Promise.race([asked, ended(running.signal)]); // what it is shown with may be slow, too
        if (this.#running === running) this.#arrive(step, goal);
      } catch (error) {
        if (this.#running === running) this.#fail(this.#texts.failed ?? UNREACHABLE);
        if (!(error instanceof TypeError || error instanceof DOMException)) reportError(error);
      } finally {
        if (this.#running === running) this.#stop();
      }
    }

    #wait(running) {
      this.#say("");
      this.#parts.region.setAttribute("aria-busy", "true");
      this.#timers = [
        setTimeout(() => this.#say(this.#texts.busy ?? ""), SILENT),
        setTimeout(() => this.#say(this.#texts.slow ?? ""), SLOW),
        setTimeout(() => running.abort(), PATIENCE),
      ];
    }

    // Ends what is under way, because it is over or because people want something else.
    #stop() {
      this.#timers.forEach(clearTimeout);
      this.#running?.abort();
      this.#running = null;
      this.#parts.region.removeAttribute("aria-busy");
      this.#parts.status.textContent = "";
    }

    #arrive(step, goal) {
      if (step.problem && this.#step) return this.#fail(step.problem, step.mayRetry); // what was typed stays
      step.number = goal.isNew ? this.#last + 1 : goal.number;
      this.#last = Math.max(this.#last, step.number);
      this.#note(step, goal.isNew);
      this.#show(step, goal);
    }

    #show(step, { hasFocus, isAim, isLost }) {
      const { shadow, region, again } = this.#parts;
      const isSame = headingOf(step) === headingOf(this.#step);
      this.#stop();
      this.#steps.set(step.number, step);
      if (step.fragment.querySelector("[data-settled]")) this.#forget(step);
      this.#step = step;
      shadow.lang = step.fragment.lang;
      shadow.dir = step.fragment.dir;
      again.textContent = this.#texts.retry;
      this.shadowRoot.adoptedStyleSheets = step.sheets;
      this.#colour();
      region.replaceChildren(step.fragment);
      this.#say("");
      if (isLost) step.fragment.querySelector(".wf-gone").hidden = false;
      if (hasFocus) this.#focus(isSame);
      else if (isAim) this.scrollIntoView();
      again.hidden = !step.mayRetry;
    }

    // On what is wrong, or on what is new in the same step (sent again; the times of another day; what a search found),
    // or on the new step's heading.
    #focus(isSame) {
      const find = (selector) => this.#step.fragment.querySelector(selector);
      const news = isSame && (find('.kern-alert[role="status"]') ?? find("[data-news]"));
      goTo(find('[role="alert"]') ?? (news || find("#heading")));
    }

    get #texts() {
      return this.#step?.fragment.dataset ?? {};
    }

    #say(words) {
      const { status, alert, again } = this.#parts;
      status.textContent = words;
      alert.textContent = "";
      again.hidden = this.shadowRoot.activeElement !== again; // who has just pressed it should not lose the focus
    }

    #fail(words, mayRetry = true) {
      const { alert, again } = this.#parts;
      alert.textContent = words;
      again.textContent = this.#texts.retry ?? AGAIN;
      again.hidden = !mayRetry;
    }
  }

  function make(name, className, more = {}) {
    return Object.assign(document.createElement(name), { className, ...more });
  }

  // The answer to a GET (`address`) or, with `fields`, a POST.
  function answerTo({ address, fields }, signal) {
    const asked = ours(address);
    asked.searchParams.set("view", "fragment");
    const method = fields ? "POST" : "GET";
    return fetch(asked, { method, body: fields, signal, credentials: "omit", referrerPolicy: "no-referrer" });
  }

  // A step that came by POST has no address that could show it again: it keeps the nearest one. Everything in the
  // answer that may be followed gets its whole address.
  async function fetchStep(request, { nearest, signal }) {
    const answer = await answerTo(request, signal);
    const fragment = parsed(await answer.text()).querySelector(".wf-fragment");
    if (!fragment) throw new Error(`${new URL(answer.url).pathname} answered ${answer.status} without a step`);
    const isTyped = Boolean(request.fields) && !answer.redirected;
    const own = ours(isTyped ? nearest : answer.url);
    own.searchParams.delete("view");
    complete(fragment, answer.url);
    const { sheet, townSheet, script, problem } = fragment.dataset;
    addFonts(JSON.parse(fragment.dataset.fonts), answer.url);
    import(ours(script, answer.url)).then((module) => module.enhance(fragment), reportError);
    const dress = [sheet, townSheet].filter(Boolean).map((name) => sheetAt(ours(name, answer.url).href));
    const sheets = await Promise.all(dress);
    const mayRetry = answer.status >= 500 || answer.status === 429; // later it may go; what is wrong stays wrong
    return { address: own.href, isTyped, fragment: document.adoptNode(fragment), sheets, problem, mayRetry };
  }

  function ended(signal) {
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  }

  // Nothing is asked of, run or shown from anywhere else, whatever an address in the history or in an answer says.
  function ours(address, base) {
    const whole = new URL(address, base);
    if (!whole.href.startsWith(HOME)) throw new TypeError(`${whole.origin} is not where the steps come from`);
    return whole;
  }

  // A field as well as a heading, which can be focused by script only. Scrolls only where it has to.
  function goTo(target) {
    if (target.tabIndex < 0) target.tabIndex = -1;
    target.focus({ preventScroll: true });
    const { top, bottom } = target.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight) target.scrollIntoView();
  }

  function headingOf(step) {
    return step?.fragment.querySelector("#heading").textContent;
  }

  function parsed(text) {
    return new DOMParser().parseFromString(policy ? policy.createHTML(text) : text, "text/html");
  }

  // Addresses in a fragment are meant from our pages, not from the host's. What leaves the steps opens a tab, so that
  // nothing typed is lost, and says so.
  function complete(fragment, base) {
    for (const name of ["href", "src", "action", "formaction"]) {
      for (const element of fragment.querySelectorAll(`[${name}]:not([${name}^="#"])`)) {
        element.setAttribute(name, new URL(element.getAttribute(name), base));
      }
    }
    for (const link of fragment.querySelectorAll('a[href^="http"]')) {
      if (link.target || isStep(link.href)) continue; // whoever wrote the target has said so too
      link.target = "_blank";
      link.rel = "noopener";
      const words = link.querySelector(".kern-label") ?? link; // in a button, the words have a place of their own
      words.append(make("span", "kern-sr-only", { textContent: `, ${fragment.dataset.tab}` }));
    }
  }

  function isStep(address) {
    return address.startsWith(HOME) && STEP.test(address.slice(HOME.length).split(/[?#]/)[0]);
  }

  // A sheet that could not be had is asked for again by the next step.
  function sheetAt(address) {
    if (!known.has(address)) {
      const made = readSheet(address);
      known.set(address, made);
      made.catch(() => known.delete(address));
    }
    return known.get(address);
  }

  async function readSheet(address) {
    const signal = AbortSignal.timeout(PATIENCE);
    const answer = await fetch(address, { credentials: "omit", referrerPolicy: "no-referrer", signal });
    if (!answer.ok) throw new TypeError(`${address} answered ${answer.status}`);
    return new CSSStyleSheet().replace(await answer.text());
  }

  // In a shadow root @font-face loads nothing: the document has to know the faces.
  function addFonts(faces, base) {
    for (const { family, file, weight, unicodeRange } of faces) {
      const address = new URL(file, base).href;
      if (fonts.has(address)) continue;
      fonts.add(address);
      document.fonts.add(new FontFace(family, `url("${address}")`, { weight, unicodeRange, display: "swap" }));
    }
  }

  customElements.define("wartefrei-booking", WartefreiBooking);
})();
