// What a supervisor orders: asked for in a dialog, sent once, and said what came of it.

import { confirm, order, say } from "../backoffice/backoffice.js";
import { called } from "./floor_board.js";
import { make } from "./floor_rows.js";

const MONITORING = {
    listen: ["Listen to", "Listen", "You hear both and are heard by nobody."],
    whisper: ["Whisper to the agent in the call with", "Whisper", "The agent alone hears you."],
    barge: ["Barge into the call with", "Barge in", "Customer and agent both hear you."],
};
const PRESENCES = [["available", "Ready"], ["break", "On a break"], ["offline", "Offline"]];
let asking = false; // one dialog at a time: a second click or key orders nothing

function field(label, input) {
    input.id = `floor-field-${label.toLowerCase().replaceAll(/[^a-z]+/g, "-")}`;
    return make("p", { className: "floor-field" }, make("label", { htmlFor: input.id, textContent: label }), input);
}

const hint = (text) => make("p", { className: "floor-hint", textContent: text });

function select(options, { grouped = false } = {}) {
    const made = make("select");
    for (const entry of options) {
        if (!grouped) made.append(new Option(entry[1], entry[0]));
        else if (entry[1].length) {
            const group = make("optgroup", { label: entry[0] });
            group.append(...entry[1].map(([value, text]) => new Option(text, value)));
            made.append(group);
        }
    }
    return made;
}

/** The orders of a board; `refresh` asks for the floor at once, `floor` is the present one. */
export function orders(board, { refresh, floor }) {
    const remembered = `zv.floor.phone.${board.person}`;

    async function ask(question, options, url, body, done) {
        if (asking || !board.write) return;
        asking = true;
        try {
            if (!(await confirm(question, options))) return;
            const told = await order(`${board.orders}${url}`, body());
            say(done(told));
        } catch (error) {
            say(error.message, "bad");
        } finally {
            asking = false;
            refresh();
        }
    }

    function monitor(mode, call) {
        const phone = make("input", { type: "text", required: true, autocomplete: "off", spellcheck: false });
        phone.value = localStorage.getItem(remembered) || board.phone;
        const [asked, yes, means] = MONITORING[mode];
        const inputs = [field("Your phone, which will ring", phone), hint(`${means} A number as +14155550142, sip:user@host or client:identity.`)];
        const body = () => ({ mode, endpoint: phone.value.trim() });
        return ask(`${asked} ${called(call.customer)}?`, { yes, inputs }, `calls/${call.id}/monitor`, body, (told) => {
            localStorage.setItem(remembered, told.endpoint);
            return call.listeners.length ? `${told.endpoint} is in the call or being rung` : `${told.endpoint} is being rung`;
        });
    }

    function hangup(call) {
        const options = { yes: "Hang up", danger: true, inputs: [hint(`${call.words}${call.agent ? ` with ${call.agent}` : ""}. The call ends for everybody.`)] };
        return ask(`Hang up the call with ${called(call.customer)}?`, options, `calls/${call.id}/hangup`, () => ({}), () => "The call is being ended");
    }

    function transfer(call) {
        const { queues, agents } = floor();
        const free = agents.filter((agent) => agent.state === "available");
        const target = select(
            [
                ["Queues", queues.map((queue) => [`queue_id ${queue.id}`, queue.name])],
                ["Agents who are ready", free.map((agent) => [`agent_id ${agent.id}`, agent.name])],
                ["Elsewhere", [["number", "A phone number…"]]],
            ],
            { grouped: true },
        );
        const number = make("input", { type: "tel", placeholder: "+14155550142", autocomplete: "off" });
        const numberField = field("Number", number);
        const how = select([["cold", "At once: the agent is released"], ...(call.can.includes("warm") ? [["warm", "The agent speaks with them first"]] : [])]);
        const follow = () => {
            numberField.hidden = target.value !== "number";
            number.required = !numberField.hidden;
        };
        target.addEventListener("change", follow);
        follow();
        const body = () => {
            const [kind, id] = target.value.split(" ");
            return { transfer_type: how.value, [`target_${kind}`]: kind === "number" ? number.value.replaceAll(/[\s().-]/g, "") : id };
        };
        const inputs = [field("To", target), numberField, field("How", how)];
        return ask(`Transfer the call with ${called(call.customer)}?`, { yes: "Transfer", inputs }, `calls/${call.id}/transfer`, body, () => "The call is being transferred");
    }

    function state(agent) {
        const wanted = select(PRESENCES.filter(([value]) => value !== agent.state));
        const reason = make("input", { type: "text", maxLength: 64, autocomplete: "off" });
        const inputs = [field("State", wanted), field("Reason, if there is one", reason)];
        if (["busy", "ringing"].includes(agent.state)) inputs.push(hint("On a call now: it comes true after it."));
        const body = () => ({ state: wanted.value, ...(reason.value.trim() ? { reason: reason.value.trim() } : {}) });
        return ask(`Change the state of ${agent.name}?`, { yes: "Change", inputs }, `agents/${agent.id}/state`, body, (told) =>
            told.later ? `${agent.name}: after the present call` : `${agent.name}: changed`,
        );
    }

    return {
        listen: (call) => monitor("listen", call),
        whisper: (call) => monitor("whisper", call),
        barge: (call) => monitor("barge", call),
        hangup,
        transfer,
        state,
    };
}
