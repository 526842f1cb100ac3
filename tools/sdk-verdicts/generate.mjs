// Asks the providers' own libraries what they think of a few hundred signatures that are good, odd
// or wrong, and prints one verdict a line: commands/tests/it/sdk_verdicts.rs compares ours with it.
//
//   npm ci && node generate.mjs > ../../commands/tests/fixtures/sdk_verdicts.jsonl
//
// Seeded: the same libraries give the same lines.
import twilio from "twilio";
import Stripe from "stripe";
import { Webhook } from "standardwebhooks";
import { createHash } from "node:crypto";

let state = 20261121;
const random = () => {
  state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
  let x = state;
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
};
const pick = (all) => all[Math.floor(random() * all.length)];
const chance = (p) => random() < p;
const say = (verdict) => console.log(JSON.stringify(verdict));

// ---- Twilio: ports, users, encodings, doubles, bodies that are no form ----
const TOKEN = "12345";
const path = () => pick(["", "/", "/hook", "/Hook/A", "/a%20b", "/a%2Fb/", "/ñ".replace("ñ", "%C3%B1"), "/it's", "/x;y=1"]);
const query = () => pick(["", "", "?", "?a=1", "?b=2&a=1", "?q=a+b", "?q=a%20b&q=2", "?e=&f", "?m=%2B54", "?u=https://x.example:99/"]);
const authority = () =>
  pick(["", "", "user:pass@"]) + pick(["a.example", "A.Example", "sub.a.example"]) + pick(["", "", ":443", ":80", ":8443"]);
const names = ["To", "From", "CallSid", "Body", "Digits", "a", "A", "é", "x y"];
const values = ["", "1", "+541155501234", "hola, ¿qué tal?", "a&b=c", "100%", "  dos  ", "'", "línea\nnueva", "€"];
const portsOf = (url) => {
  const [, scheme, host, , rest] = url.match(/^(https?):\/\/((?:[^@/?]*@)?[^:/?]+)(:\d+)?(.*)$/);
  return [url, `${scheme}://${host}${rest}`, `${scheme}://${host}:${scheme === "https" ? 443 : 80}${rest}`];
};
const spoil = (signature) =>
  pick([
    (s) => s, (s) => s, (s) => s, (s) => s,
    (s) => s.slice(1), (s) => `A${s.slice(1)}`, (s) => `${s}=`, (s) => s.toLowerCase(), () => "x", () => "no base64!",
  ])(signature);

for (let n = 0; n < 240; n += 1) {
  const url = `${pick(["https", "http"])}://${authority()}${path()}${query()}`;
  const signedFor = chance(0.85) ? pick(portsOf(url)) : url.replace("a.example", "b.example");
  const token = chance(0.9) ? TOKEN : "54321";
  if (chance(0.75)) {
    const pairs = Array.from({ length: 1 + Math.floor(random() * 5) }, () => [pick(names), pick(values)]);
    const params = {};
    for (const [name, value] of pairs) {
      params[name] = name in params ? [].concat(params[name], value) : value;
    }
    const signature = spoil(twilio.getExpectedTwilioSignature(token, signedFor, params));
    const sent = chance(0.9) ? pairs : [...pairs, ["Extra", "1"]];
    const seen = sent === pairs ? params : { ...params, Extra: "1" };
    const body = new URLSearchParams(sent).toString();
    const good = twilio.validateRequest(TOKEN, signature, url, seen);
    say({ library: "twilio", url, type: "application/x-www-form-urlencoded", body, signature, good });
  } else {
    const body = JSON.stringify({ text: pick(values), n });
    const hash = createHash("sha256").update(body).digest("hex");
    const bound = chance(0.85) ? hash : hash.replace(/[0-9a-f]/, "0").replace(/.$/, "f");
    const join = url.includes("?") ? (url.endsWith("?") ? "" : "&") : "?";
    const full = `${url}${join}bodySHA256=${bound}`;
    const signature = spoil(twilio.getExpectedTwilioSignature(token, pick(portsOf(full)), {}));
    const good = twilio.validateRequestWithBody(TOKEN, signature, full, body);
    say({ library: "twilio", url: full, type: "application/json", body, signature, good });
  }
}

// ---- Stripe: headers of every form ----
const SECRET = "whsec_test";
const NOW = 1_800_000_000;
const stripe = new Stripe("sk_test_x");
const hex = (body, at, secret = SECRET) =>
  stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: at }).split("v1=")[1];
for (let n = 0; n < 160; n += 1) {
  const body = JSON.stringify({ id: `evt_${n}`, note: pick(values) });
  const at = NOW - pick([0, 0, 0, 10, 299, 300, 301, 4_000, -10, -4_000]);
  const good = hex(body, at);
  const wrong = hex(body, at, "whsec_other");
  const header = pick([
    ...Array(8).fill(`t=${at},v1=${good}`), `t=${at},v1=${wrong}`, `t=${at},v1=${wrong},v1=${good}`,
    `t=${at},v1=${good},v1=${wrong}`, `t=${at},v0=${good}`, `t=${at},v0=${wrong},v1=${good}`, `v1=${good},t=${at}`,
    `t=${at}`, `v1=${good}`, `t=,v1=${good}`, `t=x,v1=${good}`, `t=${at},v1=`, `t=${at},v1=zz`, `t=${at},v1=${good.slice(2)}`,
    `t=${at},v1=${good.toUpperCase()}`, `t=${at}, v1=${good}`, ` t=${at},v1=${good}`, `t=${at};v1=${good}`, `t=${at},v1=${good},`,
    `t=${at},scheme,v1=${good}`, `T=${at},v1=${good}`, `t=${at},V1=${good}`, "", "garbage", `t=${at - 1},v1=${good}`,
    `t=${at},v1=${good}0`, `t=${at},v2=${good}`, `t=${at},v1=${good}=1`,
  ]);
  let verdict = true;
  try {
    stripe.webhooks.signature.verifyHeader(body, header, SECRET, 300, undefined, NOW * 1000);
  } catch {
    verdict = false;
  }
  say({ library: "stripe", body, header, secret: SECRET, now: NOW, good: verdict });
}

// ---- Standard Webhooks ----
const KEY = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
Date.now = () => NOW * 1000;
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) { super(...(given.length ? given : [NOW * 1000])); }
};
const own = new Webhook(KEY);
const other = new Webhook("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
for (let n = 0; n < 240; n += 1) {
  const body = JSON.stringify({ n, note: pick(values) });
  const id = pick(["msg_1", "msg_2", "", "msg ü"]);
  const at = NOW - pick([0, 0, 0, 0, 0, 0, 299, 300, 301, -299, -300, -301, 90_000]);
  const good = own.sign(id, new RealDate(at * 1000), body);
  const wrong = other.sign(id, new RealDate(at * 1000), body);
  const signature = pick([
    good, good, good, good, good, good, good, good, wrong, `${wrong} ${good}`, `${good} ${wrong}`, good.replace("v1,", "v2,"), `v2,x ${good}`, good.slice(3),
    good.replace("v1,", "v1, "), ` ${good}`, `${good} `, good.slice(0, -1), `${good}=`, "", "v1,", "v1", ",", good.replace("v1,", "V1,"),
    good.replace(",", ""), `${good},${wrong}`, good.replace(/[A-Za-z]$|[A-Za-z]=/, "*="),
  ]);
  const timestamp = pick([...Array(18).fill(`${at}`), `${at}.0`, ` ${at}`, `+${at}`, "", "x", `${at}x`, "-1"]);
  const headers = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
  let verdict = true;
  try {
    own.verify(body, headers);
  } catch {
    verdict = false;
  }
  say({ library: "standardwebhooks", body, id, timestamp, signature, now: NOW, good: verdict });
}
