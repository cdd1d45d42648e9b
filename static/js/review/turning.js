/* From one document to the next within the same page of the browser: only what differs is fetched and put in. The address,
   "back", the title, focus and what a screen reader says are as if a new page had come. Whatever does not work that way
   (no answer of the review, a page of somebody who has to log in) is left to the browser. */

import {Ahead} from "./ahead.js";
import {Screen} from "./screen.js";

const PART = "X-Invex-Part";  // asks for what differs alone, and says that it is that
const REFUSED = 422;  // the same document comes back with what is wrong
const GONE = new Set([502, 503, 504]);  // a proxy answers, and no server behind it
const SOONEST_MS = 1000, LATEST_MS = 10_000;  // after which a server that does not answer is asked again
const here = () => location.pathname + location.search;
const messagesOf = (page) => [...page.querySelectorAll("[data-arrived] > .message[role=status]")];
const tell = (page, messages) => page.querySelector("[data-arrived]").prepend(...messages);
const parsed = (text) => new DOMParser().parseFromString(text, "text/html");

export class Turning {
  constructor(main) {
    this.main = main;
    this.ahead = new Ahead();
    this.sending = null;  // the screen whose form is on its way
    this.title = document.createElement("p");  // for a screen reader
    this.title.className = "visually-hidden";
    this.title.setAttribute("role", "status");
    document.body.append(this.title);
    addEventListener("popstate", () => { if (here() !== this.address) location.reload(); });
    document.addEventListener("htmx:afterSettle", (event) => {
      if (event.target.querySelector?.(".learned") || event.target.matches?.(".learned")) this.lookAhead();
    });
    this.open();
  }

  /* Bring the document that is in the page to life; past, isNew: see Screen. */
  open({past = null, isNew = false} = {}) {
    this.address = here();
    this.root = document.getElementById("review");
    this.stop = new AbortController();  // of all that is of this page of the document alone
    this.screen = new Screen(this.root, {signal: this.stop.signal, visit: (address) => this.visit(address), past, isNew});
    const {root, screen} = this;
    // Heard by this page of the document alone, also once it has left: an answer that comes after that is nobody's.
    root.addEventListener("htmx:beforeOnLoad", (event) => this.learned(event, screen));
    screen.form?.addEventListener("submit", (event) => { event.preventDefault(); this.send(event.submitter); });
    this.ahead.start(root.dataset.ahead, this.stop.signal);
  }

  lookAhead() { if (this.root.dataset.ahead) this.ahead.fetch(this.root.dataset.ahead, this.stop.signal); }

  /* What was learned since is shown at once, but not to who has begun: no page changes under somebody's hands.
     screen: of the page that asked. */
  learned(event, screen) {
    if (!event.detail.xhr.getResponseHeader("HX-Refresh")) return;
    event.preventDefault();
    if (screen === this.screen && this.sending !== screen) this.renew(screen);
  }

  /* The page at hand comes anew, unless its person begins. What they were told as they came stays. */
  async renew(screen) {
    if (screen.isBegun) return;
    const {signal} = this.stop;
    try {
      const answer = await this.ask(here(), signal);
      if (screen.isBegun) return;
      const page = await this.pageOf(answer);
      if (!page || signal.aborted || screen.isBegun) return;
      tell(page, messagesOf(this.root));
      this.show(page, answer.url);
    } catch { /* the old one stays */ }
  }

  /* Go to another page. told: messages for its person there, as elements. Where it does not come, they stand here, and so
     does a way to try again. isDecided: nothing can be done here any more. */
  async visit(address, {told = [], isDecided = false} = {}) {
    const {signal} = this.stop;
    let answer = null, page = null;
    try {
      answer = await this.ask(address, signal);
      page = await this.pageOf(answer);
    } catch {
      if (signal.aborted) return;
      tell(document, told);
      if (isDecided) this.screen.close();
      this.screen.offerAgain(() => this.visit(address, {told, isDecided}));
      return;
    }
    if (!page || signal.aborted) return;
    tell(page, told);
    this.show(page, answer.url);
  }

  ask(address, signal) { return fetch(address, {signal, headers: {[PART]: "1"}, cache: "no-store"}); }

  /* The page of the review that an answer brings; null where it brings another one, to which the browser goes then. Raises
     where it brings none. */
  async pageOf(answer) {
    if (answer.headers.has(PART)) return parsed(await answer.text());
    if (!answer.ok) throw new Error(answer.status);
    location.assign(answer.url);
    return null;
  }

  /* The answer to what was sent, from a server that may be gone for a while: it is asked until it answers, and does once
     what the page asks (invex/review/decided.py). null where the page was left. */
  async deliver(send, screen) {
    const {signal} = this.stop;
    for (let pause = SOONEST_MS; ; pause = Math.min(2 * pause, LATEST_MS)) {
      const answer = await send().catch(() => null);  // null: nobody knows whether it got through
      if (signal.aborted) return null;
      if (answer && !GONE.has(answer.status)) return answer;
      screen.doubt();
      await new Promise((over) => {
        setTimeout(over, pause);
        signal.addEventListener("abort", over, {once: true});
        addEventListener("online", over, {once: true, signal});
      });
      if (signal.aborted) return null;
    }
  }

  /* Send the form as the button says. */
  async send(button) {
    if (this.sending === this.screen) return;
    const {root, screen} = this, {form, presence} = screen;
    if (button?.value === "approve" && !screen.mayApprove()) return;
    const sent = new URLSearchParams(new FormData(form));
    if (button?.name) sent.set(button.name, button.value);
    sent.set("ahead", this.ahead.madeOf);
    this.sending = screen;
    presence?.end();
    try {
      const send = () => fetch(form.getAttribute("action"), {method: "POST", body: sent, headers: {[PART]: "1", Accept: "application/json, text/html"}});
      const answer = await (root.dataset.key ? this.deliver(send, screen) : send());
      if (!answer || screen !== this.screen) return;
      if (answer.headers.get("Content-Type")?.startsWith("application/json")) await this.decided(await answer.json(), screen);
      else await this.answered(answer, screen);
    } catch {
      this.failed(screen.says("unsaved"), screen);
    } finally {
      if (this.sending === screen) this.sending = null;
    }
  }

  /* It was decided: to where, what is said and asked there (`arrived`, HTML), and what belongs to a page that was fetched
     before, `ahead`: {made_of, key, left, waiting}; or why it was not. Who has left the page meanwhile stays where they are. */
  async decided({address, arrived, ahead, is_over: isOver, detail}, screen) {
    if (!address) { this.failed(detail, screen); return; }
    if (isOver) { location.assign(address); return; }
    const page = ahead && await this.ahead.take(ahead.made_of);
    if (screen !== this.screen) return;
    if (!page) { await this.visit(address, {told: messagesOf(parsed(arrived)), isDecided: true}); return; }
    const root = page.getElementById("review");
    root.dataset.key = root.querySelector("#review-form").elements.key.value = ahead.key;
    root.querySelector("[data-left]").innerHTML = ahead.left;
    root.dataset.waiting = ahead.waiting;
    root.querySelector("[data-arrived]").outerHTML = arrived;
    this.show(page, address);
  }

  /* The page came back: with what is wrong, or as it is after what was done. */
  async answered(answer, screen) {
    const page = await this.pageOf(answer);
    if (!page || screen !== this.screen) return;
    this.show(page, answer.redirected ? answer.url : here(), answer.status === REFUSED ? screen.history : null);
  }

  failed(why, screen) {
    if (screen !== this.screen) return;
    screen.stand(false);
    screen.presence?.resume();
    screen.warn(why);
  }

  /* Put a page in. past: what can be undone, where it is of the same document. */
  show(page, address, past = null) {
    const found = new URL(address, location.href), isOther = found.pathname !== location.pathname;
    if (isOther) this.screen.presence?.leave();
    this.stop.abort();
    this.main.replaceChildren(...page.getElementById("main").childNodes);
    document.title = page.title;
    if (found.href !== location.href) history.pushState(null, "", found);
    const {waiting} = document.getElementById("review").dataset, count = document.getElementById("count-inbox");
    if (count) { count.textContent = waiting; count.hidden = waiting === "0"; }
    window.htmx?.process(this.main);
    if (isOther) { scrollTo(0, 0); this.title.textContent = document.title; }
    this.open({past, isNew: !isOther});
    if (document.activeElement === document.body) this.main.focus({preventScroll: true});
  }
}
