//! Numbers of tickets.

use futures::future::join_all;
use serde_json::json;

use super::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_tickets_opened_at_once_have_numbers_without_gaps() {
    let desk = Desk::new().await;
    let open = async |n: usize| {
        // Every fifth is refused, and every seventh is opened twice under one key.
        let subject = if n.is_multiple_of(5) { " ".to_owned() } else { format!("Ticket {n}") };
        let input = json!({ "subject": subject, "category": "INFO", "contactId": desk.contact,
            "idempotencyKey": format!("key-{n}") });
        let fields = "ticket { number } receipt { replayed }";
        let payload = desk.try_to("openTicket", fields, input.clone()).await;
        if n.is_multiple_of(7) {
            let again = desk.try_to("openTicket", fields, input).await;
            assert_eq!(again["ticket"], payload["ticket"]);
        }
        payload["ticket"]["number"].as_i64()
    };
    let numbers = join_all((1..=32).map(open)).await;
    let mut numbers: Vec<_> = numbers.into_iter().flatten().collect();
    numbers.sort_unstable();
    let opened: Vec<i64> = (1..=26).collect();
    assert_eq!(numbers, opened);
    let query = "query($number: Int, $at: Position) { ticket(number: $number, atLeast: $at) { \
        number subject } tickets(first: 1, atLeast: $at) { totalCount nodes { number } } }";
    let found = desk.query(query, json!({ "number": 26 })).await;
    assert_eq!(found["ticket"]["number"], 26);
    assert_eq!(found["tickets"], json!({ "totalCount": 26, "nodes": [{ "number": 26 }] }));
    let missing = desk.query(query, json!({ "number": 27 })).await;
    assert_eq!(missing["ticket"], json!(null));
}
