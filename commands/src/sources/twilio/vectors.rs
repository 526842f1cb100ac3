//! The published vectors of wire-formats §13, and what the official libraries do beyond them.
#![allow(clippy::unwrap_used, reason = "tests")]

use chrono::DateTime;

use super::signature::{sign, verify};
use crate::sources::{Arrival, Forged, Headers, Secret};

const U: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
const J: &str = r#"{"property": "value", "boolean": true}"#;
const J_HASH: &str = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
const FORM: &str = "application/x-www-form-urlencoded";
const T1: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";

fn p() -> Vec<(String, String)> {
    pairs(&[
        ("CallSid", "CA1234567890ABCDE"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
        ("Caller", "+14158675309"),
    ])
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn encoded(parameters: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

fn tokens() -> Vec<Secret> {
    vec![Secret::new("12345").unwrap()]
}

fn check(
    tokens: &[Secret],
    url: &str,
    kind: &str,
    body: &str,
    signature: &str,
) -> Result<(), Forged> {
    let headers: Headers = [("X-Twilio-Signature", signature)].into_iter().collect();
    let urls = [url.to_owned()];
    let arrival = Arrival {
        rest: "status",
        query: url.split('#').next().unwrap().split_once('?').map_or("", |(_, query)| query),
        urls: &urls,
        headers: &headers,
        content_type: kind,
        body: body.as_bytes(),
        received_at: DateTime::UNIX_EPOCH,
    };
    verify(tokens, &arrival)
}

fn form(url: &str, parameters: &[(String, String)], signature: &str) -> Result<(), Forged> {
    check(&tokens(), url, FORM, &encoded(parameters), signature)
}

#[test]
fn t1_the_url_as_it_is() {
    assert_eq!(form(U, &p(), T1), Ok(()));
    assert_eq!(sign(&tokens()[0], U, &p()), T1);
}

#[test]
fn t2_signed_with_the_usual_port() {
    assert_eq!(form(U, &p(), "kvajT1Ptam85bY51eRf/AJRuM3w="), Ok(()));
}

#[test]
fn t3_signed_without_the_port() {
    let url = U.replace("mycompany.com", "mycompany.com:1234");
    assert_eq!(form(&url, &p(), T1), Ok(()));
}

#[test]
fn t6_a_body_that_is_bound_by_its_hash() {
    let url = format!("{U}&bodySHA256={J_HASH}");
    let signature = "a9nBmqA0ju/hNViExpshrM61xv4=";
    let json = |url: &str, body: &str| check(&tokens(), url, "application/json", body, signature);
    assert_eq!(json(&url, J), Ok(()));
    assert_eq!(json(&url, r#"{"property": "value", "boolean": false}"#), Err(Forged::Mismatch));
    assert_eq!(json(&url, ""), Err(Forged::Mismatch), "nor without its body");
    let found = check(&tokens(), &url, FORM, "", signature);
    assert_eq!(found, Err(Forged::Mismatch), "nor as an empty form");
}

#[test]
fn t8_a_body_that_nothing_binds() {
    let signature = "a9nBmqA0ju/hNViExpshrM61xv4=";
    let found = check(&tokens(), U, "application/json", J, signature);
    assert_eq!(found, Err(Forged::Mismatch));
    // not even when the URL alone is well signed
    let alone = sign(&tokens()[0], U, &[]);
    assert_eq!(check(&tokens(), U, "application/json", J, &alone), Err(Forged::Mismatch));
    assert_eq!(check(&tokens(), U, "", J, &alone), Err(Forged::Mismatch));
}

#[test]
fn t10_values_once_and_in_order() {
    let parameters = pairs(&[
        ("Sid", "CA123"),
        ("SidAccount", "AC123"),
        ("Digits", "5678"),
        ("Digits", "1234"),
        ("Digits", "1234"),
    ]);
    assert_eq!(form(U, &parameters, "IK+Dwps556ElfBT0I3Rgjkr1wJU="), Ok(()));
}

#[test]
fn t12_by_name_and_not_by_name_with_value() {
    let mut parameters = p();
    parameters.extend(pairs(&[("ReasonConferenceEnded", "test"), ("Reason", "Participant")]));
    assert_eq!(form(U, &parameters, "vOEb5UThFn24KEfnOFLQY2AE5FY="), Ok(()));
}

#[test]
fn t16_without_parameters() {
    let signature = "zYQTYrRWXE7LtzbG4PfP7/bkkGo=";
    assert_eq!(form(U, &[], signature), Ok(()));
    assert_eq!(check(&tokens(), U, "", "", signature), Ok(()));
}

#[test]
fn t20_values_in_any_letters() {
    let parameters = pairs(&[
        ("Message", "Hello & goodbye! @#$%^*()"),
        ("From", "+1 (415) 867-5309"),
        ("Special", "unicode: ñáéíóú"),
    ]);
    assert_eq!(form(U, &parameters, "dCPiR4WtQ6QFN6pJh81CtlCcWLQ="), Ok(()));
}

#[test]
fn t24_names_in_byte_order() {
    let names = [("callSid", "lowercase"), ("CallSid", "uppercase"), ("CALLSID", "allcaps")];
    let signature = "jDK7WKT8wiNrwggd4ceTv4e1MJ4=";
    assert_eq!(form(U, &pairs(&names), signature), Ok(()));
    let turned: Vec<_> = names.into_iter().rev().collect();
    assert_eq!(form(U, &pairs(&turned), signature), Ok(()));
}

#[test]
fn the_primitive_gives_the_vectors_of_rfc_2202() {
    let cases: [(&[u8], &str, &str); 3] = [
        (&[0x0b; 20], "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"),
        (b"Jefe", "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (
            &[0xaa; 80],
            "Test Using Larger Than Block-Size Key - Hash Key First",
            "aa4ae5e15272d00e95705637ce8a3b55ed402112",
        ),
    ];
    for (key, data, mac) in cases {
        use base64::Engine as _;
        let signature = base64::engine::general_purpose::STANDARD.encode(hex::decode(mac).unwrap());
        assert_eq!(sign(&Secret::new(key).unwrap(), data, &[]), signature);
    }
}

/// Signs for `signed` and asks whether a request for `asked` is believed.
fn believed(signed: &str, asked: &str) -> bool {
    form(asked, &p(), &sign(&tokens()[0], signed, &p())).is_ok()
}

#[test]
fn ports_users_encodings_and_apostrophes() {
    for (signed, asked) in [
        ("https://a.example:1234/x", "https://a.example:1234/x"),
        ("https://a.example/x", "https://a.example:443/x"),
        ("http://a.example:80/x", "http://a.example/x"),
        ("https://user:pass@a.example/x", "https://user:pass@a.example:8443/x"),
        ("https://user:pass@a.example:443/x", "https://user:pass@a.example/x"),
        ("https://a.example/x?q=%27y%27", "https://a.example/x?q='y'"),
        ("https://a.example/x", "https://a.example/x#rc=2&rp=all"),
        ("https://A.Example/X", "https://A.Example/X"),
    ] {
        assert!(believed(signed, asked), "{signed} as {asked}");
    }
    for (signed, asked) in [
        ("https://a.example/x", "http://a.example/x"),
        ("https://a.example:80/x", "https://a.example/x"),
        ("https://a.example/x", "https://A.example/x"),
        ("https://a.example/x?q=%2F", "https://a.example/x?q=%2f"),
        ("https://a.example/x?q=a+b", "https://a.example/x?q=a%20b"),
        ("https://a.example/x?a=1&b=2", "https://a.example/x?b=2&a=1"),
        ("https://a.example/x", "https://a.example/x/"),
        ("https://a.example/x", "https://a.example/x?"),
        ("https://user:pass@a.example/x", "https://a.example/x"),
    ] {
        assert!(!believed(signed, asked), "{signed} as {asked}");
    }
}

#[test]
fn forms_are_read_as_browsers_write_them() {
    let parameters = pairs(&[("a b", "c d"), ("e", ""), ("quote", "\"'&=+%"), ("ñ", "\u{1F600}")]);
    let signature = sign(&tokens()[0], U, &parameters);
    for body in [
        encoded(&parameters),
        "a%20b=c+d&e&quote=%22%27%26%3d%2B%25&%C3%B1=%f0%9f%98%80".to_owned(),
        "e=&%c3%b1=%F0%9F%98%80&quote=%22'%26=%2B%25&a+b=c%20d&".to_owned(),
    ] {
        assert_eq!(check(&tokens(), U, FORM, &body, &signature), Ok(()), "{body}");
    }
    for kind in
        ["application/x-www-form-urlencoded; charset=UTF-8", "Application/X-WWW-Form-Urlencoded"]
    {
        assert_eq!(check(&tokens(), U, kind, &encoded(&parameters), &signature), Ok(()), "{kind}");
    }
    let another = encoded(&pairs(&[("a b", "c d "), ("e", "")]));
    assert_eq!(check(&tokens(), U, FORM, &another, &signature), Err(Forged::Mismatch));
}

#[test]
fn anything_malformed_is_forged() {
    for bad in ["x", "RSOYDt4T1cUTdK1PDd93/VVr8B8", " RSOYDt4T1cUTdK1PDd93/VVr8B8=", "AAAA", "ñ"] {
        assert_eq!(form(U, &p(), bad), Err(Forged::Malformed), "{bad}");
    }
    assert_eq!(form(U, &p(), ""), Err(Forged::Missing));
    let mut other = T1.to_owned();
    other.replace_range(0..1, "S");
    assert_eq!(form(U, &p(), &other), Err(Forged::Mismatch));
    assert_eq!(check(&[], U, FORM, &encoded(&p()), T1), Err(Forged::NoSecret));
}

#[test]
fn both_tokens_of_a_rotation_count_and_an_account_has_its_own() {
    let token = |text: &str| Secret::new(text).unwrap();
    let body = encoded(&p());
    assert_eq!(check(&[token("old"), token("12345")], U, FORM, &body, T1), Ok(()));
    assert_eq!(check(&[token("old")], U, FORM, &body, T1), Err(Forged::Mismatch));
    let parameters = pairs(&[("AccountSid", "AC1"), ("CallSid", "CA1")]);
    let (body, signature) = (encoded(&parameters), sign(&token("12345"), U, &parameters));
    let with =
        |account: &str| check(&[token("12345").of_account(account)], U, FORM, &body, &signature);
    assert_eq!(with("AC1"), Ok(()));
    assert_eq!(with("AC2"), Err(Forged::NoSecret), "another account's token does not speak for it");
}
