//! *Set up this computer* where something is in the way: what is there is left alone.

use std::os::unix::{fs::MetadataExt, process::CommandExt};

use sqlx::PgPool;

use crate::{
    computer::{Computer, Ran, program, run},
    elsewhere::{answering, nobody},
    setup::command,
    support::Portal,
};

const THEIRS: &str = "apiVersion: v1\nkind: Config\n# theirs\n";

/// The new contexts are put aside, and it is said how to use them.
fn assert_aside(computer: &Computer, ran: &Ran, why: &str) {
    assert!(ran.ok, "{ran:?}");
    assert!(ran.out.contains(why), "{why} in {ran:?}");
    let file = computer.path(".shorepass/kubeconfig.yaml");
    let next = format!(
        "  kubectl --kubeconfig {} --context shorepass-demo-new-namespace get pods\n",
        file.display()
    );
    assert!(ran.out.ends_with(&next), "{ran:?}");
    assert_eq!(computer.mode(".shorepass/kubeconfig.yaml"), 0o600);
    assert!(
        computer
            .read(".shorepass/kubeconfig.yaml")
            .contains("shorepass-demo")
    );
    assert!(
        computer
            .read(".shorepass/demo")
            .starts_with("Authorization: Bearer k8r_")
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_wrong_answer_changes_nothing_and_says_what_to_do(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    for shell in ["bash", "fish"] {
        let command = command(&portal, &cookie, shell).await;
        let html = answering(200, "text/html", "<html>\x1b[2J</html>").await;
        let half = answering(200, "text/plain", "apiVersion: v1\nkind: Con").await;
        let empty = answering(200, "text/plain", "").await;
        let busy = answering(503, "text/plain", "unavailable").await;
        let revoked = answering(401, "text/plain", "key_revoked").await;
        let asleep = answering(401, "text/plain", "login_required").await;
        for (url, words) in [
            (
                html,
                "did not answer as Shorepass does. Nothing was changed.",
            ),
            (
                half,
                "did not answer as Shorepass does. Nothing was changed.",
            ),
            (
                empty,
                "did not answer as Shorepass does. Nothing was changed.",
            ),
            (
                nobody().await,
                "cannot be asked; curl says why, above. Nothing was changed.",
            ),
            (
                busy,
                "says unavailable. Nothing was changed: try again in a moment.",
            ),
            (
                revoked,
                "says key_revoked. Nothing was changed: start again at http",
            ),
            (
                asleep,
                "you are not logged in. Nothing was changed: log in at http",
            ),
        ] {
            let command = command.replace(&portal.url, &url);
            for existing in [None, Some(THEIRS)] {
                let computer = Computer::new("dash");
                if let Some(text) = existing {
                    computer.write(".kube/config", text, 0o640);
                }
                let before = computer.everything();
                let ran = computer.paste(shell, &command).await;
                assert!(!ran.ok && ran.out.is_empty(), "{ran:?}");
                assert!(ran.err.contains(words), "{words} in {ran:?}");
                assert!(!ran.err.contains(['\x1b', '<']), "{ran:?}");
                assert_eq!(computer.everything(), before, "{words}");
            }
        }
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn without_curl_nothing_is_changed(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let command = command(&portal, &cookie, "bash").await;
    let computer = Computer::new("dash").without("curl");
    let ran = computer.paste("bash", &command).await;
    assert!(!ran.ok && ran.err.contains("curl is missing"), "{ran:?}");
    assert!(computer.everything().is_empty());
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_cannot_be_added_to_is_left_alone(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let command = command(&portal, &cookie, "bash").await;
    let broken = "clusters: {{{\n";
    for (computer, text, why) in [
        (
            Computer::new("dash").without("kubectl"),
            THEIRS,
            "kubectl is missing, so ",
        ),
        (Computer::new("dash"), broken, "kubectl cannot read "),
    ] {
        computer.write(".kube/config", text, 0o640);
        assert_aside(&computer, &computer.paste("bash", &command).await, why);
        assert_eq!(computer.read(".kube/config"), text);
        assert_eq!(computer.mode(".kube/config"), 0o640);
        let first = computer.everything();
        assert_eq!(first.len(), 5, "{first:?}");
        computer.paste("bash", &command).await;
        assert_eq!(computer.everything(), first);
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn without_kubectl_a_bare_computer_is_set_up_all_the_same(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let command = command(&portal, &cookie, "bash").await;
    let computer = Computer::new("dash").without("kubectl");
    let ran = computer.paste("bash", &command).await;
    assert!(ran.ok, "{ran:?}");
    assert_eq!(computer.mode(".kube/config"), 0o600);
}

/// Root may write everything, so this is tried as somebody else.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_read_only_kubeconfig_is_left_alone(pool: PgPool) {
    const NOBODY: u32 = 65_534;
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let command = command(&portal, &cookie, "bash").await;
    let computer = Computer::new("dash").with_kubectl_for_all();
    computer.write(".kube/config", THEIRS, 0o400);
    let mut bash = computer.command(program("bash"));
    if std::fs::metadata(computer.home()).unwrap().uid() == 0 {
        for path in ["", ".kube", ".kube/config"] {
            let path = computer.path(path);
            std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        bash.as_std_mut().uid(NOBODY).gid(NOBODY);
    }
    let ran = run(&mut bash, &command).await;
    assert_aside(&computer, &ran, "config cannot be written, so ");
    assert_eq!(computer.read(".kube/config"), THEIRS);
    assert_eq!(computer.mode(".kube/config"), 0o400);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_link_that_leads_nowhere_ends(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let command = command(&portal, &cookie, "bash").await;
    let computer = Computer::new("dash");
    computer.write(".kube/other", "", 0o600);
    std::os::unix::fs::symlink("config", computer.path(".kube/config")).unwrap();
    let ran = computer.paste("bash", &command).await;
    assert!(
        !ran.ok && ran.err.contains("is a link that leads nowhere"),
        "{ran:?}"
    );
    let link = std::fs::read_link(computer.path(".kube/config")).unwrap();
    assert_eq!(link.to_str(), Some("config"));
}
