//! What the first shop's people answer from: three articles of its knowledge base (CS-30). Handed
//! in, approved and published once; whatever somebody made of them since stays as it is.

use serde_json::{Value, json};

use super::Stage;
use super::client::Mutation;
use crate::cli::Failure;

const UPLOAD: Mutation = Mutation { name: "uploadKnowledgeDocument", fields: "document { id }" };
const APPROVE: Mutation = Mutation { name: "approveKnowledgeDocument", fields: "clientMutationId" };
const PUBLISH: Mutation = Mutation { name: "publishKnowledgeDocument", fields: "clientMutationId" };

/// An article.
struct Article {
    /// Names it among the demo's articles.
    key: &'static str,
    title: &'static str,
    category: &'static str,
    tags: &'static [&'static str],
    body: &'static str,
}

const ARTICLES: [Article; 3] = [
    Article {
        key: "returns",
        title: "Cambios y devoluciones",
        category: "Ventas",
        tags: &["cambios", "devoluciones", "reclamos"],
        body: "Aceptamos cambios hasta **30 días** después de la entrega, con la factura y el \
               producto sin uso.\n\n\
               - Si llegó dañado o con la caja rota, mandamos otro **sin cargo**. Pida una foto y \
               el número de pedido, y abra un ticket de reclamo.\n\
               - Los cristales con graduación se hacen a medida: se cambian solo si la \
               graduación no coincide con la receta.\n\
               - El dinero vuelve por el mismo medio de pago, en un plazo de hasta 10 días \
               hábiles.",
    },
    Article {
        key: "shipping",
        title: "Envíos y seguimiento de pedidos",
        category: "Envíos",
        tags: &["envíos", "pedidos", "seguimiento"],
        body: "Enviamos a todo el país. Los pedidos confirmados antes de las 14:00 salen el mismo \
               día hábil.\n\n\
               | Destino | Plazo | Costo |\n\
               |---|---|---|\n\
               | Ciudad de Buenos Aires y alrededores | 24 a 48 horas | sin cargo desde $ 50.000 |\n\
               | Resto del país | 3 a 6 días hábiles | según el peso |\n\n\
               Para decir dónde está un pedido hace falta su número. Si pasaron más de 6 días \
               hábiles, derive la conversación a una persona.",
    },
    Article {
        key: "appointments",
        title: "Turnos y control de la vista",
        category: "Turnos",
        tags: &["turnos", "receta", "garantía"],
        body: "El control de la vista dura 30 minutos y es sin cargo con la compra de anteojos. \
               Atendemos con turno, de lunes a viernes de 10:00 a 18:00 y los sábados de 10:00 a \
               13:00.\n\n\
               1. Ofrezca dos horarios y confirme el elegido por mensaje.\n\
               2. Pida que traigan la última receta y los anteojos que usan.\n\
               3. Un turno se cambia o se cancela hasta 4 horas antes.\n\n\
               Los armazones tienen 12 meses de garantía; el estuche y el paño vienen incluidos.",
    },
];

impl Stage {
    /// Takes the articles into the first shop's knowledge base; how many there are of them.
    pub(super) async fn articles(&self) -> Result<usize, Failure> {
        for article in &ARTICLES {
            let Article { key, title, category, tags, body } = article;
            let input = json!({ "draft": { "title": title, "body": body, "language": "es-AR" },
                "category": category, "tags": tags });
            // Another article under the same key was handed in by an earlier release.
            let Some(made) = self.once(UPLOAD, key, "upload", input).await? else { continue };
            let id = made.pointer("/document/id").and_then(Value::as_str);
            let Some(id) = id else {
                let advice = "an article did not show up; does a projector run?";
                return Err(Failure::unavailable(advice));
            };
            let version = json!({ "id": id, "number": 1 });
            self.once(APPROVE, key, "approve", version.clone()).await?;
            self.once(PUBLISH, key, "publish", version).await?;
        }
        Ok(ARTICLES.len())
    }

    /// A mutation that is done once, on whatever day.
    async fn once(
        &self,
        mutation: Mutation,
        article: &str,
        step: &str,
        mut input: Value,
    ) -> Result<Option<Value>, Failure> {
        if let Some(fields) = input.as_object_mut() {
            let key = format!("demo:setup:article:{article}:{step}");
            fields.insert("idempotencyKey".to_owned(), key.into());
        }
        let token = self.tokens.first().map_or("", String::as_str);
        self.client.mutate(token, mutation, &input).await
    }
}
