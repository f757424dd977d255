// Keeps a board up to date: asks every few seconds whether something has changed, holds no connection open, and says
// when it cannot. Hidden tabs ask rarely, and at once when they are looked at again.

const SHOWN = 3500; // ms between two questions: with the answer's way a change is seen within five seconds
const HIDDEN = 30_000;
const PATIENCE = 10_000;

export class Live {
  // `frame` holds #board, whose data-version tells its age, and the address to ask (data-changes); `merge` is given each new board.
  constructor(frame, merge) {
    this.frame = frame;
    this.merge = merge;
    this.lost = document.getElementById("lost");
    this.since = 0;
    this.timer = 0;
    document.addEventListener("visibilitychange", () => this.soon(document.hidden ? HIDDEN : 0));
    addEventListener("online", () => this.soon(0));
    this.soon(SHOWN);
  }

  soon(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), wait);
  }

  async ask() {
    if (this.asking) return;
    this.asking = true;
    try {
      const version = document.getElementById("board").dataset.version;
      const address = new URL(this.frame.dataset.changes, location.href);
      address.searchParams.set("version", version);
      const answer = await fetch(address, {
        headers: { "X-Poll": "1", "X-Requested-With": "fetch" }, signal: AbortSignal.timeout(PATIENCE),
      });
      const words = answer.status === 200 ? await answer.text() : "";
      // Whatever was pressed meanwhile has brought a newer board than this answer.
      if (words && document.getElementById("board").dataset.version === version) this.merge(parsed(words));
      this.told(answer);
    } catch {
      this.away();
    } finally {
      this.asking = false;
      if (!this.isOut) this.soon(document.hidden ? HIDDEN : SHOWN);
    }
  }

  told(answer) {
    if (answer.status === 401) return this.out();
    if (answer.status === 403 || answer.status === 404) return this.barred(answer.status);
    if (!answer.ok) return this.away();
    this.since = 0;
    this.lost.hidden = true;
  }

  away() {
    this.since ||= Date.now();
    const time = new Date(this.since).toLocaleTimeString("de-DE", { hour: "2-digit", minute: "2-digit" });
    this.say(this.lost.dataset.away.replace("{time}", time));
  }

  out() {
    this.isOut = true;
    this.say(this.lost.dataset.out);
    if (!this.frame.dataset.login) return;
    const way = document.createElement("a");
    way.href = this.frame.dataset.login;
    way.className = "kern-link";
    way.textContent = "Wieder anmelden";
    this.lost.append(" ", way);
  }

  // The role was taken away, or the office is gone: it is asked again, for either may come back.
  barred(status) {
    const { gone, barred, out } = this.lost.dataset;
    this.say((status === 404 && gone) || barred || out);
  }

  say(words) {
    if (this.lost.hidden || this.lost.textContent !== words) this.lost.textContent = words;
    this.lost.hidden = false;
  }
}

export function parsed(words) {
  return new DOMParser().parseFromString(words, "text/html");
}
