//! What clients hold, on `/sessions`.

use reqwest::RequestBuilder;
use sqlx::PgPool;
use time::Duration;

use super::{log_in, portal, redeem, refresh, refusal, revoke::at_dashboard, text, tokens};
use crate::support::Portal;

async fn page(portal: &Portal, cookie: &str) -> String {
    let request = portal.get("/sessions").header("cookie", cookie);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.text().await.unwrap()
}

fn end(portal: &Portal, cookie: &str, id: &str) -> RequestBuilder {
    portal
        .post("/sessions/end-client", &[("id", id)])
        .header("cookie", cookie)
}

/// The ids in the forms that end what a client holds.
fn ids(page: &str) -> Vec<String> {
    let forms = page.split("action=\"/sessions/end-client\"").skip(1);
    let value = |form: &str| Some(form.split_once("value=\"")?.1.split_once('"')?.0.to_owned());
    forms.filter_map(value).collect()
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn each_program_stands_under_its_login_and_can_be_ended_alone(pool: PgPool) {
    let portal = portal(pool).await;
    let (cookie, kubectls) = log_in(&portal, "alice").await;
    at_dashboard(&portal, "alice").await;
    let shown = page(&portal, &cookie).await;
    for part in [
        "kubectl for demo",
        "The Dashboard",
        "<code>127.0.0.1</code>",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let mine = ids(&shown);
    assert_eq!(mine.len(), 2);

    let bob = portal.log_in("bob").await;
    assert!(ids(&page(&portal, &bob).await).is_empty());
    for id in [
        mine[0].as_str(),
        "",
        "1",
        "00000000-0000-0000-0000-000000000001",
    ] {
        assert_eq!(
            end(&portal, &bob, id).send().await.unwrap().status(),
            404,
            "{id}"
        );
    }
    refresh(&portal, text(&kubectls, "refresh_token"))
        .send()
        .await
        .unwrap()
        .error_for_status()
        .unwrap();

    let rows: Vec<(uuid::Uuid, String)> = sqlx::query_as("SELECT id, client_id FROM families")
        .fetch_all(&portal.pool)
        .await
        .unwrap();
    let (kubectl, _) = rows
        .iter()
        .find(|(_, client)| client == "kubernetes")
        .unwrap();
    let response = end(&portal, &cookie, &kubectl.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["location"]),
        (303, &"/sessions".parse().unwrap())
    );
    let shown = page(&portal, &cookie).await;
    assert!(
        !shown.contains("kubectl for demo") && shown.contains("The Dashboard"),
        "{shown}"
    );
    assert_eq!(ids(&shown).len(), 1);
    let after = refusal(refresh(&portal, text(&kubectls, "refresh_token"))).await;
    assert_eq!(after, (400, "invalid_grant".into()));
    assert_eq!(
        end(&portal, &cookie, &kubectl.to_string())
            .send()
            .await
            .unwrap()
            .status(),
        404
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_gets_no_more_tokens_is_not_shown(pool: PgPool) {
    let portal = portal(pool).await;
    let (cookie, _) = log_in(&portal, "alice").await;
    // As a client without refresh tokens has it.
    portal.sql("UPDATE families SET refresh_hash = NULL").await;
    assert_eq!(ids(&page(&portal, &cookie).await).len(), 1);
    portal.advance(Duration::minutes(5));
    assert!(ids(&page(&portal, &cookie).await).is_empty());
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn whose_token_may_be_stolen_is_told_for_a_day(pool: PgPool) {
    let portal = portal(pool).await;
    let (_, first) = log_in(&portal, "alice").await;
    tokens(refresh(&portal, text(&first, "refresh_token"))).await;
    portal.advance(Duration::seconds(31));
    refusal(refresh(&portal, text(&first, "refresh_token"))).await;

    let cookie = portal.log_in("alice").await;
    let code = super::code_for(&portal, &cookie, &super::kubelogin(&[])).await;
    tokens(redeem(&portal, &code)).await;
    refusal(redeem(&portal, &code)).await;

    let (_, theirs) = at_dashboard(&portal, "alice").await;
    refusal(refresh(&portal, text(&theirs, "refresh_token"))).await;

    let text_of = |page: &str| {
        let plain: String = page
            .split('<')
            .map(|part| part.split_once('>').map_or("", |(_, text)| text))
            .collect();
        plain.replace("<!>", "")
    };
    let shown = text_of(&page(&portal, &cookie).await);
    for part in [
        "A refresh token of kubectl for demo was used twice",
        "A code of kubectl for demo was used twice",
        "A token of The Dashboard for demo was shown by another program",
        "it was revoked",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let bob = portal.log_in("bob").await;
    assert!(!page(&portal, &bob).await.contains("revoked, with all"));

    portal.advance(Duration::hours(23));
    let cookie = portal.log_in("alice").await;
    assert!(page(&portal, &cookie).await.contains("revoked, with all"));
    portal.advance(Duration::hours(1));
    let cookie = portal.log_in("alice").await;
    assert!(!page(&portal, &cookie).await.contains("revoked, with all"));
}
