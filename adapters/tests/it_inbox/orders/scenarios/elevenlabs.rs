//! Calls that an agent made and received: what is left of them, the sound apart.

use bitacora_domain::CallId;
use bitacora_domain::aggregates::call_session::{CallSession, ProviderIds};
use bitacora_domain::aggregates::channel_account::ChannelKind;
use serde_json::{Value, json};

use super::calls;
use crate::orders::scenario::{Cast, Delivery, second_of_day};
use crate::orders::stage::{FILE, Stage};

pub(super) async fn play(stage: &Stage, cast: &Cast) -> Vec<Delivery> {
    stage.connect(cast, ChannelKind::ElevenLabs, cast.id("agent_")).await;
    let ours = CallId::new(cast.tenant.derive("call:1"));
    let failed = CallId::new(cast.tenant.derive("call:2"));
    for (line, call, conversation) in [(1, ours, "conv_1"), (2, failed, "conv_2")] {
        let conversation = Some(cast.id(conversation));
        let ids = ProviderIds { call_sid: None, el_conversation_id: conversation };
        for command in calls::placed_on(cast, ids, line) {
            stage.execute::<CallSession>(cast, &call.to_string(), command).await;
        }
    }
    let event = |name: &str, second: i64, conversation: &str, rest: Value| {
        let mut data = rest;
        data["agent_id"] = cast.id("agent_").into();
        data["conversation_id"] = cast.id(conversation).into();
        let at = second_of_day(second).timestamp();
        let body = json!({ "type": name, "event_timestamp": at, "data": data });
        Delivery::json("elevenlabs", &body)
    };
    let transcript = |second: i64, conversation: &str, phone: Value, call: Option<CallId>| {
        let turn = |role: &str, message: &str, at: i64| json!({ "role": role, "message": message, "time_in_call_secs": at });
        let variables = call.map_or(json!({}), |call| json!({ "call_session_id": call }));
        let data = json!({ "status": "done",
            "transcript": [turn("agent", "Hola", 0), turn("user", "Busco dos ambientes", 4)],
            "metadata": { "start_time_unix_secs": second_of_day(second - 80).timestamp(),
                "call_duration_secs": 74, "cost": 410, "main_language": "es",
                "phone_call": phone },
            "analysis": { "call_successful": "success", "transcript_summary": "Busca casa",
                "evaluation_criteria_results": { "cita": { "result": "success" } },
                "data_collection_results": { "presupuesto": { "value": 120_000 } } },
            "conversation_initiation_client_data": { "dynamic_variables": variables } });
        event("post_call_transcription", second, conversation, data)
    };
    let audio = |second: i64, conversation: &str| {
        let mut delivery =
            event("post_call_audio", second, conversation, json!({ "full_audio": "@file" }));
        delivery.file = Some(format!("ID3 {conversation}").into_bytes());
        assert!(String::from_utf8_lossy(&delivery.body).contains(FILE));
        delivery
    };
    let phone = |direction: &str, number: &str| json!({ "type": "sip_trunking", "direction": direction, "external_number": number });
    let busy = json!({ "failure_reason": "busy", "metadata": { "type": "sip", "body": {
        "to_number": "+5491166600033", "sip_status_code": 486 } } });
    let nobody = json!({ "failure_reason": "no-answer", "metadata": { "type": "sip", "body": {
        "to_number": "+5491166600034", "sip_status_code": 480 } } });
    vec![
        transcript(300, "conv_1", phone("outbound", "+5491166600033"), Some(ours)),
        audio(310, "conv_1"),
        event("call_initiation_failure", 320, "conv_2", busy),
        transcript(400, "conv_3", phone("inbound", "+5491166600044"), None),
        audio(410, "conv_3"),
        transcript(500, "conv_4", Value::Null, None),
        event("call_initiation_failure", 510, "conv_5", nobody),
        event("unredacted_transcript", 520, "conv_1", json!({})),
        audio(530, "conv_4"),
    ]
}
