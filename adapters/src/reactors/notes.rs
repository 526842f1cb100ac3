//! Notes as rows.

use bitacora_commands::ports::{NotedAt, ReactorError};
use bitacora_commands::reactors::{Known, Note, Noted, Question};
use bitacora_domain::TenantId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{failed, sql};

/// The answers to all questions; what nobody noted is answered by "nothing".
pub(super) async fn answers(
    connection: &mut PgConnection,
    reactor: &str,
    questions: &[(TenantId, Question)],
) -> Result<Known, ReactorError> {
    let rows: Vec<(Uuid, String, Uuid, Uuid, DateTime<Utc>)> = sqlx::query_as(sql::ANSWERS)
        .bind(reactor)
        .bind(questions.iter().map(|(tenant, _)| tenant.as_uuid()).collect::<Vec<_>>())
        .bind(questions.iter().map(|(_, asked)| asked.topic).collect::<Vec<_>>())
        .bind(questions.iter().map(|(_, asked)| asked.key).collect::<Vec<_>>())
        .fetch_all(connection)
        .await
        .map_err(failed)?;
    let mut known = Known::default();
    for (tenant, question) in questions {
        known.learn(*tenant, *question, None);
    }
    for (tenant, topic, key, value, at) in rows {
        let tenant = TenantId::new(tenant);
        let asked = questions
            .iter()
            .find(|(of, asked)| (*of, asked.topic, asked.key) == (tenant, topic.as_str(), key));
        if let Some((_, question)) = asked {
            known.learn(tenant, *question, Some(Noted { value, at }));
        }
    }
    Ok(known)
}

/// Writes one note.
pub(super) async fn write(
    connection: &mut PgConnection,
    reactor: &str,
    NotedAt { tenant, at, note }: &NotedAt,
) -> Result<(), ReactorError> {
    let tenant = tenant.as_uuid();
    let query = match note {
        Note::Put { topic, key, value } => sqlx::query(sql::PUT)
            .bind(tenant)
            .bind(reactor)
            .bind(topic)
            .bind(key)
            .bind(value)
            .bind(at),
        Note::Drop { topic, value } => {
            sqlx::query(sql::DROP).bind(tenant).bind(reactor).bind(topic).bind(value)
        }
        Note::Clear { topic, key } => {
            sqlx::query(sql::CLEAR).bind(tenant).bind(reactor).bind(topic).bind(key)
        }
        Note::Move { topic, from, to } => {
            sqlx::query(sql::MOVE_NOTES).bind(tenant).bind(reactor).bind(topic).bind(from).bind(to)
        }
        Note::Change { from, to, value } => sqlx::query(sql::CHANGE)
            .bind(tenant)
            .bind(reactor)
            .bind(from)
            .bind(value)
            .bind(to)
            .bind(at),
        Note::Replace { topic, value, with } => sqlx::query(sql::REPLACE)
            .bind(tenant)
            .bind(reactor)
            .bind(topic)
            .bind(value)
            .bind(with)
            .bind(at),
    };
    query.execute(connection).await.map(drop).map_err(failed)
}
