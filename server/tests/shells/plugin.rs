//! The plug-in of the kubeconfig, in each `sh` and under kubectl itself.

use serde_json::Value;
use sqlx::PgPool;

use crate::{
    computer::{Computer, POSIX, Ran, run},
    elsewhere::{ApiServer, answering, api_server, nobody},
    support::Portal,
};

/// The script of the kubeconfig that a key gets.
async fn script(portal: &Portal, key: &str) -> String {
    let request = portal.get("/k8stoken?format=kubeconfig").bearer_auth(key);
    let text = request.send().await.unwrap().text().await.unwrap();
    let config: Value = serde_saphyr::from_str(&text).unwrap();
    let arguments = &config["users"][0]["user"]["exec"]["args"];
    arguments[1].as_str().unwrap().to_owned()
}

/// Runs it as kubectl does.
async fn plug_in(computer: &Computer, script: &str) -> Ran {
    let sh = computer.path("../bin/sh");
    run(computer.command(sh).args(["-c", script, "shorepass"]), "").await
}

fn save(computer: &Computer, key: &str) {
    let line = format!("Authorization: Bearer {key}\n");
    computer.write(".shorepass/demo", &line, 0o600);
}

fn assert_refused(ran: &Ran, words: &[&str]) {
    assert!(!ran.ok, "{ran:?}");
    assert_eq!(ran.out, "", "kubectl would take this for a credential");
    for word in words {
        assert!(ran.err.contains(word), "{word} in {ran:?}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn it_fetches_the_token_until_the_login_ends_and_again_after_the_next(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut cookie = portal.log_in("alice").await;
    let key = portal.make_key(&cookie, "").await;
    let script = script(&portal, &key).await;
    for sh in POSIX {
        let computer = Computer::new(sh);
        save(&computer, &key);
        let ran = plug_in(&computer, &script).await;
        assert!(ran.ok && ran.err.is_empty(), "{sh}: {ran:?}");
        let credential: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(credential["kind"], "ExecCredential");
        assert_eq!(credential["status"]["token"], portal.token(&key).await);

        let logout = portal.post("/logout", &[]).header("cookie", &cookie);
        logout.send().await.unwrap();
        let refused = plug_in(&computer, &script).await;
        let login = format!("Log in at {}/login and try again.", portal.url);
        assert_refused(&refused, &["shorepass: you are not logged in.", &login]);

        cookie = portal.log_in("alice").await;
        assert!(plug_in(&computer, &script).await.ok, "{sh}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_is_wrong_is_said_with_its_cure_and_never_on_standard_output(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let script = script(&portal, &portal.key).await;
    let instead = |url: &str| script.replace(&portal.url, url);
    let page = "<html>eyJ.eyJ.eyJ \x1b[2J\"ExecCredential\"</html>";
    for sh in POSIX {
        let computer = Computer::new(sh);
        let refused = plug_in(&computer, &script).await;
        assert_refused(&refused, &["demo is missing: set up this computer at http"]);
        save(&computer, "k8r_guess");
        let refused = plug_in(&computer, &script).await;
        assert_refused(
            &refused,
            &["key_unknown", "set up this computer again at http"],
        );
        save(&computer, &portal.key);
        let refused = plug_in(&computer, &instead(&nobody().await)).await;
        assert_refused(&refused, &["curl: (7)", "cannot be asked"]);
        for (status, body, words) in [
            (503, "unavailable", "unavailable: try again in a moment"),
            (429, "slow_down", "slow_down: try again in a moment"),
            (200, page, "did not answer as Shorepass does"),
            (502, "", "did not answer as Shorepass does"),
        ] {
            let url = answering(status, "text/html", body).await;
            let refused = plug_in(&computer, &instead(&url)).await;
            assert_refused(&refused, &[words]);
            assert!(!refused.err.contains(['\x1b', '<']), "{refused:?}");
        }
        let computer = computer.without("curl");
        let refused = plug_in(&computer, &script).await;
        assert_refused(&refused, &["curl is missing: install it."]);
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn its_key_is_on_no_command_line(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let script = script(&portal, &portal.key).await;
    let computer = Computer::new("dash").telling();
    save(&computer, &portal.key);
    assert!(plug_in(&computer, &script).await.ok);
    let told = computer.told();
    assert!(
        told.contains("/bin/curl ") && !told.contains("k8r_"),
        "{told}"
    );
}

/// A kubeconfig for a key, with these parameters, at a cluster that answers.
async fn kubeconfig(portal: &Portal, server: &ApiServer, parameters: &[(&str, &str)]) -> String {
    sqlx::query("UPDATE clusters SET api_url = $1, ca_certificate = $2")
        .bind(&server.url)
        .bind(&server.ca)
        .execute(&portal.pool)
        .await
        .unwrap();
    let request = portal.get("/k8stoken?format=kubeconfig").query(parameters);
    let response = request.bearer_auth(&portal.key).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.text().await.unwrap()
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn kubectl_sends_the_token_with_each_of_the_three_user_entries(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let server = api_server().await;
    let computer = Computer::new("dash");
    save(&computer, &portal.key);
    let file = computer.path(".shorepass/{cluster}").display().to_string();
    for user in [
        vec![],
        vec![("user", "curl"), ("key_file", &file)],
        vec![("user", "token")],
    ] {
        let config = kubeconfig(&portal, &server, &user).await;
        computer.write(".kube/config", &config, 0o600);
        let ran = computer.kubectl(&["get", "--raw", "/version"]).await;
        assert!(ran.ok, "{user:?}: {ran:?}");
        let sent = std::mem::take(&mut *server.sent.lock().unwrap());
        let token = format!("Bearer {}", portal.token(&portal.key).await);
        assert!(!sent.is_empty(), "{user:?}");
        assert!(sent.iter().all(|each| *each == token), "{user:?}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn kubectl_shows_where_to_log_in_and_sends_nothing(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let server = api_server().await;
    let computer = Computer::new("dash");
    save(&computer, &portal.key);
    let config = kubeconfig(&portal, &server, &[]).await;
    computer.write(".kube/config", &config, 0o600);
    portal
        .sql("UPDATE logins SET ended_at = now(), end_reason = 'ended'")
        .await;
    let ran = computer.kubectl(&["get", "--raw", "/version"]).await;
    assert!(!ran.ok, "{ran:?}");
    let login = format!("Log in at {}/login and try again.", portal.url);
    assert!(ran.err.contains(&login), "{ran:?}");
    assert!(server.sent.lock().unwrap().is_empty());
}
