// A recording: its waveform, how people sounded, and what was said, which follows the sound.

const SVG = "http://www.w3.org/2000/svg";
const SPEEDS = [1, 1.25, 1.5, 2];
const MOODS = { positive: "positive", neutral: "neutral", negative: "negative" };
const STEP = 5; // seconds of an arrow key

const element = (name, fields = {}, data = {}) => {
    const made = Object.assign(document.createElement(name), fields);
    Object.assign(made.dataset, data);
    return made;
};

function clock(seconds) {
    const all = Math.max(0, Math.floor(seconds));
    const [hours, minutes, rest] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, String(all % 60).padStart(2, "0")];
    return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

class CallSound extends HTMLElement {
    connectedCallback() {
        if (this.audio !== undefined) return;
        this.audio = this.querySelector("audio");
        this.following = true;
        this.lines = [];
        this.changed = () => this.readLines();
        document.querySelector("#call").addEventListener("call:changed", this.changed);
        if (this.audio) this.build();
        this.addEventListener("click", (event) => this.clicked(event));
        this.addEventListener("input", (event) => event.target.matches(".call-find") && this.find(event.target.value));
        this.addEventListener("keydown", (event) => {
            if (event.key !== "Enter" || !event.target.matches(".call-find")) return;
            event.preventDefault();
            this.nextFound(event.shiftKey ? -1 : 1);
        });
        this.readLines();
    }

    disconnectedCallback() {
        document.querySelector("#call")?.removeEventListener("call:changed", this.changed);
    }

    get seconds() {
        return Number.isFinite(this.audio.duration) ? this.audio.duration : Number(this.dataset.seconds) || 1;
    }

    // --- the player ---

    build() {
        const audio = this.audio;
        audio.controls = false;
        this.play = element("button", { type: "button", className: "bo-button", textContent: "Play" });
        this.play.dataset.kind = "main";
        this.time = element("span", { className: "call-time" });
        const speed = element("select", { className: "call-speed" });
        speed.setAttribute("aria-label", "Speed");
        speed.append(...SPEEDS.map((value) => element("option", { value, textContent: `${value}×` })));
        this.wave = element("div", { className: "call-wave", tabIndex: 0 });
        this.wave.setAttribute("role", "slider");
        this.wave.setAttribute("aria-label", "Position in the recording");
        this.wave.setAttribute("aria-valuemin", "0");
        this.picture = document.createElementNS(SVG, "svg");
        this.picture.setAttribute("preserveAspectRatio", "none");
        this.picture.setAttribute("aria-hidden", "true");
        this.strip = element("div", { className: "call-strip" });
        this.strip.setAttribute("aria-hidden", "true"); // the same is said in words line by line, and by the slider
        this.unplayed = element("div", { className: "call-unplayed" });
        this.needle = element("div", { className: "call-head-line" });
        this.wave.append(this.picture, this.strip, this.unplayed, this.needle);
        this.now = element("p", { className: "call-now call-small bo-muted" });
        const controls = element("div", { className: "call-controls" });
        controls.append(this.play, this.time, speed, this.channels());
        const player = element("div", { className: "call-player" });
        player.append(controls, this.wave, this.now);
        audio.after(player);

        this.play.addEventListener("click", () => (audio.paused ? audio.play().catch((error) => this.failed(error)) : audio.pause()));
        speed.addEventListener("change", () => (audio.playbackRate = Number(speed.value)));
        audio.addEventListener("play", () => (this.play.textContent = "Pause"));
        audio.addEventListener("pause", () => (this.play.textContent = "Play"));
        audio.addEventListener("error", () => this.failed());
        for (const name of ["timeupdate", "seeked", "loadedmetadata"]) audio.addEventListener(name, () => this.moved());
        audio.addEventListener("loadedmetadata", () => this.drawStrip());
        this.wave.addEventListener("pointerdown", (event) => this.drag(event));
        this.wave.addEventListener("keydown", (event) => this.pressed(event));
        this.drawPeaks();
        this.moved();
    }

    channels() {
        const names = element("span", { className: "call-channels call-small" });
        const keys = this.dataset.speakers ? this.dataset.speakers.split("|") : [];
        const kinds = keys.length > 1 ? ["customer", "agent"] : keys[0]?.startsWith("Everybody") ? ["mixed"] : ["customer"];
        this.kinds = kinds;
        names.append(...keys.map((name, place) => element("span", { textContent: name }, { channel: kinds[place] || "mixed" })));
        return names;
    }

    failed() {
        this.now.textContent = "The sound cannot be played: it is no longer there, or the server does not answer.";
    }

    async drawPeaks() {
        let told;
        try {
            const answer = await fetch(this.dataset.peaks, { headers: { Accept: "application/json" } });
            if (!answer.ok) throw new Error(`${answer.status}`);
            told = await answer.json();
        } catch (error) {
            console.warn("No waveform", error);
            this.picture.append(document.createElementNS(SVG, "g")); // the slider works without it
            return;
        }
        const lane = 100 / told.channels.length;
        const length = Math.max(...told.channels.map((points) => points.length), 1);
        this.picture.setAttribute("viewBox", `0 0 ${length} 100`);
        told.channels.forEach((points, place) => {
            const middle = lane * (place + 0.5);
            const loudest = Math.max(10, ...points);
            const height = (point) => Math.max(0.6, (point / loudest) * lane * 0.46);
            const above = points.map((point, at) => `${at},${(middle - height(point)).toFixed(1)}`);
            const below = points.map((point, at) => `${at},${(middle + height(point)).toFixed(1)}`).reverse();
            const path = document.createElementNS(SVG, "path");
            path.setAttribute("d", `M${above.join("L")}L${below.join("L")}Z`);
            path.dataset.channel = this.kinds[place] || "mixed";
            this.picture.append(path);
        });
        this.wave.dataset.drawn = "yes";
    }

    drawStrip() {
        if (!this.audio) return;
        this.strip.replaceChildren(
            ...this.lines.map((line) => {
                const mark = element("span", { title: `${clock(line.start)} ${line.who}: ${MOODS[line.mood] || "not judged yet"}` });
                mark.dataset.mood = line.mood;
                mark.style.left = `${(100 * line.start) / this.seconds}%`;
                mark.style.width = `${(100 * Math.max(0, line.end - line.start)) / this.seconds}%`;
                return mark;
            }),
        );
    }

    seek(seconds) {
        this.audio.currentTime = Math.min(Math.max(0, seconds), this.seconds);
        this.moved();
    }

    drag(event) {
        const to = (one) => {
            const box = this.wave.getBoundingClientRect();
            this.seek((this.seconds * (one.clientX - box.left)) / box.width);
        };
        this.wave.setPointerCapture(event.pointerId);
        this.follow(true);
        to(event);
        this.wave.addEventListener("pointermove", to);
        this.wave.addEventListener("pointerup", () => this.wave.removeEventListener("pointermove", to), { once: true });
    }

    pressed(event) {
        const at = this.audio.currentTime;
        const to = {
            ArrowRight: at + STEP, ArrowUp: at + STEP, ArrowLeft: at - STEP, ArrowDown: at - STEP,
            PageUp: at + 6 * STEP, PageDown: at - 6 * STEP, Home: 0, End: this.seconds,
        }[event.key];
        if (event.key === " ") this.play.click();
        else if (to === undefined) return;
        else this.seek(to);
        event.preventDefault();
    }

    moved() {
        const at = this.audio.currentTime;
        const part = Math.min(1, at / this.seconds);
        this.time.textContent = `${clock(at)} of ${clock(this.seconds)}`;
        this.needle.style.left = `calc(${100 * part}% - 1px)`;
        this.unplayed.style.left = `${100 * part}%`;
        const line = this.mark(at);
        const mood = line && `${line.who}, ${MOODS[line.mood] || "not judged yet"}`;
        const hint = this.lines.length ? "Below the waveform: how they sounded. Up is positive, down is negative." : "";
        const words = mood ? `Now: ${mood}` : hint;
        if (this.now.textContent !== words && !this.audio.error) this.now.textContent = words;
        this.wave.setAttribute("aria-valuemax", Math.round(this.seconds));
        this.wave.setAttribute("aria-valuenow", Math.round(at));
        this.wave.setAttribute("aria-valuetext", `${clock(at)} of ${clock(this.seconds)}${mood ? `, ${mood}` : ""}`);
    }

    // --- what was said ---

    readLines() {
        this.list = this.querySelector(".call-said");
        this.lines = [...this.querySelectorAll(".call-said-line")].map((button) => ({
            button,
            start: Number(button.dataset.start),
            end: Number(button.dataset.end),
            mood: button.dataset.mood,
            who: button.querySelector(".call-said-who").textContent,
        }));
        if (this.list && !this.list.dataset.heard) {
            this.list.dataset.heard = "yes";
            for (const name of ["wheel", "touchmove", "pointerdown"]) {
                this.list.addEventListener(name, (event) => event.target === this.list || name !== "pointerdown" ? this.follow(false) : null, { passive: true });
            }
            this.list.addEventListener("keydown", (event) => {
                if (["PageUp", "PageDown", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) this.follow(false);
            });
        }
        if (!this.audio) return;
        this.drawStrip();
        this.moved();
    }

    /** The line that is said at that moment, or was said last, is shown. */
    mark(at) {
        let now = null;
        for (const line of this.lines) {
            if (line.start > at + 0.05) break;
            now = line;
        }
        if (now !== this.marked) {
            this.marked?.button.removeAttribute("aria-current");
            now?.button.setAttribute("aria-current", "true");
            this.marked = now;
            if (this.following) this.reveal();
        }
        return now;
    }

    /** Into the middle of the list; the page itself stays where it is. */
    reveal() {
        const button = this.marked?.button;
        if (button) this.list.scrollTop = button.offsetTop - (this.list.clientHeight - button.offsetHeight) / 2;
    }

    follow(yes) {
        this.following = yes;
        const offer = this.querySelector(".call-follow");
        if (offer) offer.hidden = yes;
        if (yes) this.reveal();
    }

    clicked(event) {
        if (event.target.closest(".call-follow")) this.follow(true);
        const line = event.target.closest(".call-said-line");
        if (!line || !this.audio) return;
        this.follow(true);
        this.seek(Number(line.dataset.start));
    }

    find(text) {
        const wanted = text.trim().toLowerCase();
        for (const mark of this.querySelectorAll(".call-said mark")) mark.replaceWith(mark.textContent);
        this.found = [];
        for (const line of this.lines) {
            const words = line.button.querySelector(".call-said-text");
            words.normalize();
            let node = words.firstChild;
            while (wanted && node) {
                const place = node.data.toLowerCase().indexOf(wanted);
                if (place < 0) break;
                const hit = node.splitText(place);
                node = hit.splitText(wanted.length);
                const mark = document.createElement("mark");
                hit.replaceWith(mark);
                mark.append(hit);
                this.found.push(mark);
            }
        }
        this.at = -1;
        const told = this.found.length ? `${this.found.length} found; Enter goes on` : "Not found";
        this.querySelector(".call-found").textContent = wanted ? told : "";
        if (this.found.length) this.nextFound(1);
    }

    nextFound(step) {
        if (!this.found?.length) return;
        this.found[this.at]?.classList.remove("call-here");
        this.at = (this.at + step + this.found.length) % this.found.length;
        const mark = this.found[this.at];
        mark.classList.add("call-here");
        this.follow(false);
        const line = mark.closest(".call-said-line");
        this.list.scrollTop = line.offsetTop - (this.list.clientHeight - line.offsetHeight) / 2;
        this.querySelector(".call-found").textContent = `${this.at + 1} of ${this.found.length}`;
    }
}

customElements.define("call-sound", CallSound);

/** `#t=73.5` begins there; `&transcript=` says in which recording, where there are several. */
function begin() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    if (!wanted.has("t") || Number.isNaN(Number(wanted.get("t")))) return;
    const all = [...document.querySelectorAll("call-sound")].filter((one) => one.audio);
    const sound = all.find((one) => one.dataset.transcript === wanted.get("transcript")) || all[0];
    if (!sound) return;
    sound.follow(true);
    sound.seek(Number(wanted.get("t")));
    sound.scrollIntoView({ block: "start" });
    sound.play.focus({ preventScroll: true });
}
begin();
addEventListener("hashchange", begin);
