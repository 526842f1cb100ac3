//! Somebody calls: Twilio carries the call, and tells its beginning and its end; the agent of
//! ElevenLabs that took it tells what is left of it. Somebody else hangs up before that.

use bitacora_domain::ChannelAccountId;
use bitacora_domain::aggregates::channel_account::ChannelKind;
use serde_json::{Value, json};

use crate::orders::scenario::{Cast, Delivery, second_of_day};
use crate::orders::stage::{FILE, Stage};

const OURS: &str = "+541155501234";
const THEIRS: &str = "+5491166600033";

pub(super) async fn play(stage: &Stage, cast: &Cast) -> Vec<Delivery> {
    let (account, agent) = (cast.id("AC"), cast.id("agent_"));
    let (sid, unanswered) = (cast.id("CA1"), cast.id("CA2"));
    stage.connect(cast, ChannelKind::Twilio, format!("{account}/{OURS}")).await;
    let channel = ChannelAccountId::new(cast.tenant.derive("agent"));
    stage.connect_as(cast, channel, ChannelKind::ElevenLabs, agent.clone()).await;
    let twilio = |rest: &str, second: i64, fields: &[(&str, &str)]| {
        let time = second_of_day(second).to_rfc2822();
        let common = [
            ("CallSid", sid.as_str()),
            ("AccountSid", account.as_str()),
            ("From", THEIRS),
            ("To", OURS),
            ("Direction", "inbound"),
            ("Timestamp", time.as_str()),
        ];
        let own = |name: &str| fields.iter().any(|(own, _)| *own == name);
        let mut all: Vec<_> = common.into_iter().filter(|(name, _)| !own(name)).collect();
        all.extend_from_slice(fields);
        Delivery::form("twilio", rest.to_owned(), &all)
    };
    let elevenlabs = |name: &str, second: i64, rest: Value| {
        let mut data = rest;
        data["agent_id"] = agent.clone().into();
        data["conversation_id"] = cast.id("conv_").into();
        let at = second_of_day(second).timestamp();
        let body = json!({ "type": name, "event_timestamp": at, "data": data });
        Delivery::json("elevenlabs", &body)
    };
    let turn = |role: &str, message: &str, at: i64| json!({ "role": role, "message": message, "time_in_call_secs": at });
    // the agent hears of the call a little later than the carrier, and of its end as well
    let left = json!({ "status": "done",
        "transcript": [turn("agent", "Hola", 0), turn("user", "Busco dos ambientes", 4)],
        "metadata": { "start_time_unix_secs": second_of_day(203).timestamp(),
            "call_duration_secs": 26, "cost": 410, "main_language": "es",
            "phone_call": { "type": "twilio", "direction": "inbound", "call_sid": sid,
                "external_number": THEIRS, "agent_number": OURS } },
        "analysis": { "call_successful": "success", "transcript_summary": "Busca casa" } });
    let mut sound = elevenlabs("post_call_audio", 242, json!({ "full_audio": "@file" }));
    sound.file = Some(b"ID3 la llamada".to_vec());
    assert!(String::from_utf8_lossy(&sound.body).contains(FILE));
    let other = |rest: &str, second: i64, fields: &[(&str, &str)]| {
        let mut all = vec![("CallSid", unanswered.as_str()), ("From", "+5491166600044")];
        all.extend_from_slice(fields);
        twilio(rest, second, &all)
    };
    // callbacks of recordings tell the call and the account, and what we gave along
    let recording = |status: &str, rest: &[(&str, &str)]| {
        let sound = cast.id("RE1");
        let mut all = vec![
            ("CallSid", sid.as_str()),
            ("AccountSid", account.as_str()),
            ("RecordingSid", sound.as_str()),
            ("RecordingStatus", status),
        ];
        all.extend_from_slice(rest);
        let mut delivery = Delivery::form("twilio", "recording".to_owned(), &all);
        "number=%2B541155501234".clone_into(&mut delivery.request.query);
        delivery
    };
    vec![
        twilio("voice", 200, &[("CallStatus", "ringing")]),
        twilio(
            "status",
            230,
            &[
                ("CallStatus", "completed"),
                ("CallDuration", "30"),
                ("Duration", "1"),
                ("SipResponseCode", "200"),
                ("SequenceNumber", "0"),
            ],
        ),
        recording("in-progress", &[]),
        recording(
            "completed",
            &[
                ("RecordingUrl", "https://api.twilio.com/Recordings/RE1"),
                ("RecordingDuration", "28"),
                ("RecordingChannels", "2"),
            ],
        ),
        elevenlabs("post_call_transcription", 241, left),
        sound,
        other("voice", 300, &[("CallStatus", "ringing")]),
        other(
            "status",
            309,
            &[("CallStatus", "canceled"), ("SequenceNumber", "0"), ("CallDuration", "9")],
        ),
    ]
}
