//! Kubernetes' own API server takes the tokens of the whole application, over TLS, and is told
//! about it with what `shorepass cluster config` prints.
//!
//! `cargo xtask cluster` runs these tests; they need programs that cargo does not bring, which is
//! why cargo leaves them out unless they are named. The API server's clock is real, so the portal's
//! is near it, and moved only to mint what is old.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod access;
mod api_server;
mod auth_provider;
mod authority;
mod computer;
mod doctor;
mod flow;
mod hazard;
mod key_revocation;
mod kubectl;
mod kubelogin;
mod logout;
mod manifests;
#[path = "../it/page.rs"]
mod page;
mod portal;
mod process;
#[path = "../it/oauth/receiver.rs"]
#[allow(dead_code, reason = "the other tests need more of it")]
mod receiver;
mod recovery;
mod refusal;
mod reload;
mod retrieval;
mod revocation;
mod roles;
mod rotation;
mod self_check;
mod shorepass;
mod stage;
#[path = "../it/support.rs"]
#[allow(dead_code, reason = "the other tests need more of it")]
mod support;
mod world;

use std::{env, path::PathBuf, process::ExitCode};

use libtest_mimic::Arguments;
use tokio::runtime::Runtime;

use crate::{stage::Stage, world::Kind};

/// The tests of a stage, by the names of their functions.
macro_rules! trials {
    ($stage:expr, $($test:path),* $(,)?) => {
        [$($stage.trial(stringify!($test), |world| Box::pin($test(world)))),*]
    };
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .unwrap();
    let runtime = Runtime::new().unwrap();
    let stages = Kind::ALL.map(|kind| Stage::new(kind, runtime.handle()));
    let [flags, structured, webhooks] = &stages;

    let mut trials = Vec::new();
    for stage in [flags, structured] {
        trials.extend(trials!(
            stage,
            access::a_viewer_gets_pods_in_her_namespace_and_creates_nothing_there,
            access::a_viewer_sees_nothing_elsewhere,
            access::an_admin_creates_a_config_map_in_his_namespace_and_nowhere_else,
            access::whoever_has_no_group_is_known_and_may_nothing,
            access::the_cluster_sees_who_the_token_page_says,
            auth_provider::it_refreshes_by_itself_and_uses_what_it_wrote_down,
            auth_provider::four_at_once_log_nobody_out,
            auth_provider::four_with_one_token_get_the_same_successor,
            auth_provider::a_refresh_token_of_the_public_client_does_as_well,
            auth_provider::it_says_where_to_log_in_once_the_login_has_ended,
            computer::once_set_up_it_needs_the_browser_once_a_day,
            computer::plain_curl_works_as_the_plug_in,
            computer::a_token_written_down_works_until_it_ends,
            computer::the_plug_in_acts_as_nobody_else_beside_other_credentials,
            doctor::what_it_says_is_what_stands_in_the_api_servers_log,
            hazard::with_an_empty_token_kubectl_acts_as_somebody_else_and_our_command_does_not,
            logout::a_logout_token_is_nobodys,
            kubelogin::the_browser_opens_once_and_then_kubectl_goes_on_by_itself,
            kubelogin::several_at_once_open_one_browser,
            kubelogin::a_machine_without_a_browser_is_let_in_from_another,
            manifests::what_is_printed_for_roles_is_valid_to_the_letter,
            refusal::an_expired_token_is_refused,
            refusal::a_token_for_another_cluster_is_refused,
            refusal::a_token_of_another_issuer_is_refused,
            refusal::a_token_that_was_changed_is_refused,
            retrieval::the_printed_command_works_until_logout_and_again_after_the_next_login,
            self_check::a_cluster_that_was_told_what_was_printed_is_all_green,
            self_check::a_record_that_does_not_fit_is_named_with_its_cure,
            key_revocation::presenting_a_token_of_the_new_key_as_printed_makes_it_forget_the_revoked_one,
            rotation::a_removed_key_is_refused_once_the_keys_are_fetched_again,
        ));
    }
    trials.extend(trials!(
        flags,
        recovery::an_api_server_that_was_there_first_recovers_by_itself,
        rotation::a_thousand_fresh_tokens_are_accepted_at_once_across_rotations,
    ));
    trials.extend(trials!(
        structured,
        auth_provider::what_the_page_says_about_it_is_all_that_is_needed,
        kubelogin::what_the_page_says_about_kubelogin_is_all_that_is_needed,
        access::the_session_behind_a_token_stands_in_the_clusters_record_of_it,
        doctor::the_rules_of_the_configuration_are_told_in_their_own_words,
        manifests::what_is_printed_for_installers_tells_the_api_server_the_same,
        refusal::a_token_that_lives_too_long_is_refused,
        key_revocation::a_comment_in_its_configuration_makes_it_forget_the_revoked_key,
        reload::the_older_form_is_taken_and_keeps_kubernetes_names_from_everybody,
        revocation::without_webhooks_a_login_that_has_ended_is_good_until_its_token_ends,
    ));
    trials.extend(trials!(
        webhooks,
        access::a_viewer_gets_pods_in_her_namespace_and_creates_nothing_there,
        access::the_session_behind_a_token_stands_in_the_clusters_record_of_it,
        revocation::a_login_that_has_ended_is_denied_by_the_authorization_webhook,
        revocation::a_user_who_is_disabled_is_denied_by_the_authorization_webhook,
        revocation::nobody_escapes_by_a_request_that_is_too_long_to_be_looked_at,
        revocation::an_opaque_token_is_taken_and_denied_by_the_authorization_webhook,
        revocation::an_opaque_token_is_forgotten_by_the_token_webhook_alone,
        revocation::the_token_webhook_knows_no_id_token,
        revocation::while_the_portal_is_away_the_cluster_works_and_denies_nobody,
    ));
    let conclusion = libtest_mimic::run(&arguments, trials);
    for stage in stages {
        stage.end();
    }
    conclusion.exit_code()
}

/// A program of Kubernetes', as the variable names it that other projects' tests use for the same.
fn program(name: &str) -> PathBuf {
    let variable = format!("TEST_ASSET_{name}");
    let path = env::var_os(&variable);
    let path = path.unwrap_or_else(|| panic!("{variable} is not set: use `cargo xtask cluster`"));
    path.into()
}
