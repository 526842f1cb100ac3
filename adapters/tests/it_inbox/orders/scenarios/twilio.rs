//! A call that we make, with everything that comes of it, and one that we receive.

use bitacora_domain::CallId;
use bitacora_domain::aggregates::call_session::{CallSession, ProviderIds};
use bitacora_domain::aggregates::channel_account::ChannelKind;

use super::calls;
use crate::orders::scenario::{Cast, Delivery, second_of_day};
use crate::orders::stage::Stage;

const OURS: &str = "+541155501234";
const THEIRS: &str = "+5491166600033";

pub(super) async fn play(stage: &Stage, cast: &Cast) -> Vec<Delivery> {
    let account = cast.id("AC");
    stage.connect(cast, ChannelKind::Twilio, format!("{account}/{OURS}")).await;
    let call = CallId::new(cast.tenant.derive("call"));
    let (sid, inbound) = (cast.id("CA1"), cast.id("CA2"));
    let ids = ProviderIds { call_sid: Some(sid.clone()), el_conversation_id: None };
    for command in calls::placed(cast, ids) {
        stage.execute::<CallSession>(cast, &call.to_string(), command).await;
    }
    let send = |rest: String, sid: &str, second: i64, direction: &str, fields: &[(&str, &str)]| {
        let time = second_of_day(second).to_rfc2822();
        let (from, to) = if direction == "inbound" { (THEIRS, OURS) } else { (OURS, THEIRS) };
        let mut all = vec![
            ("CallSid", sid),
            ("AccountSid", &account),
            ("From", from),
            ("To", to),
            ("Direction", direction),
            ("Timestamp", &time),
        ];
        all.extend_from_slice(fields);
        Delivery::form("twilio", rest, &all)
    };
    let ours = |topic: &str, second: i64, fields: &[(&str, &str)]| {
        send(format!("{call}/1/{topic}"), &sid, second, "outbound-api", fields)
    };
    let status = |sequence: &str, second: i64, status: &str| {
        ours("status", second, &[("CallStatus", status), ("SequenceNumber", sequence)])
    };
    let (recording, url) = (cast.id("RE1"), "https://api.twilio.com/Recordings/RE1");
    let (words, note) = (cast.id("TR1"), "Hola, te llamo de Torre Alvear.");
    vec![
        status("0", 60, "initiated"),
        status("1", 65, "ringing"),
        status("2", 70, "in-progress"),
        ours("amd", 72, &[("AnsweredBy", "human")]),
        ours("gather/menu", 80, &[("Digits", "1")]),
        ours(
            "status",
            144,
            &[
                ("CallStatus", "completed"),
                ("SequenceNumber", "3"),
                ("CallDuration", "74"),
                ("Duration", "2"),
                ("SipResponseCode", "200"),
            ],
        ),
        ours(
            "recording",
            150,
            &[
                ("RecordingSid", &recording),
                ("RecordingStatus", "completed"),
                ("RecordingUrl", url),
                ("RecordingDuration", "73"),
                ("RecordingChannels", "2"),
            ],
        ),
        ours(
            "transcription",
            160,
            &[
                ("TranscriptionSid", &words),
                ("TranscriptionStatus", "completed"),
                ("TranscriptionText", note),
            ],
        ),
        send("voice".into(), &inbound, 200, "inbound", &[("CallStatus", "ringing")]),
        send(
            "status".into(),
            &inbound,
            230,
            "inbound",
            &[
                ("CallStatus", "completed"),
                ("CallDuration", "30"),
                ("Duration", "1"),
                ("SequenceNumber", "0"),
            ],
        ),
    ]
}
