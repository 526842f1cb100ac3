//! What Twilio is to do next, where somebody is on the line.

use bitacora_domain::aggregates::call_session::DigitMeaning;

/// Nothing.
pub(super) const NOTHING: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#;

/// After keys were pressed: a word of thanks by what they mean, and the end.
pub(super) fn after_keys(digits: Option<&str>) -> &'static str {
    match digits.map(DigitMeaning::usual) {
        Some(DigitMeaning::Interested) => {
            r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="es-MX">Gracias. Una persona de nuestro equipo se va a comunicar con usted.</Say><Hangup/></Response>"#
        }
        Some(DigitMeaning::CallLater) => {
            r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="es-MX">De acuerdo. Lo llamaremos más tarde.</Say><Hangup/></Response>"#
        }
        Some(DigitMeaning::Stop) => {
            r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="es-MX">Entendido. No volveremos a llamarlo.</Say><Hangup/></Response>"#
        }
        Some(DigitMeaning::Other) | None => {
            r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="es-MX">Gracias por su tiempo.</Say><Hangup/></Response>"#
        }
    }
}

/// To somebody who calls: a greeting, and room for a message. The recording's callback carries
/// the number that was called (E.164: a plus and digits), which Twilio does not tell there.
pub(super) fn greeting(our_number: Option<&str>) -> String {
    let digits = our_number.and_then(|number| number.strip_prefix('+')).unwrap_or_default();
    let number = if digits.is_empty() { String::new() } else { format!("?number=%2B{digits}") };
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="es-MX">Gracias por llamar. Deje su mensaje después de la señal y le responderemos.</Say><Record maxLength="120" playBeep="true" recordingStatusCallback="recording{number}"/></Response>"#
    )
}
