use super::*;

fn setup(portal: &str, clusters: &[&str]) -> Setup {
    let clusters = clusters.iter().map(|name| (*name).to_owned()).collect();
    Setup::new(portal, clusters, "k8r_secret")
}

fn commands(setup: &Setup) -> Vec<String> {
    let command = |shell| setup.command(shell).unwrap();
    Setup::SHELLS.map(command).into()
}

#[test]
fn the_key_is_said_once_and_on_no_command_line() {
    for command in commands(&setup("https://pass.example/", &["demo", "east"])) {
        assert_eq!(command.matches("k8r_secret").count(), 1, "{command}");
        let line = command
            .lines()
            .find(|line| line.contains("k8r_secret"))
            .unwrap();
        assert!(!line.contains("curl"), "{line}");
        assert!(command.contains("'https://pass.example"), "{command}");
    }
}

#[test]
fn every_cluster_of_the_key_gets_its_file() {
    let all = setup("https://pass.example", &["demo", "east"]);
    assert!(posix::script(&all).contains("for cluster in demo east; do"));
    assert!(powershell::command(&all).contains("foreach ($cluster in 'demo', 'east')"));
}

#[test]
fn nothing_is_left_to_fill_in() {
    for command in commands(&setup("https://pass.example", &["demo"])) {
        for gap in ["{portal}", "{clusters}", "{secret}"] {
            assert!(!command.contains(gap), "{gap} in {command}");
        }
    }
}

#[test]
fn a_quote_in_the_portals_address_ends_nothing() {
    let odd = setup("https://pass.example/o'neil", &["demo"]);
    assert!(posix::script(&odd).contains(r"portal='https://pass.example/o'\''neil' "));
    assert!(powershell::command(&odd).contains("$portal = 'https://pass.example/o''neil';"));
}

#[test]
fn the_here_document_ends_where_the_script_does() {
    let command = setup("https://pass.example", &["demo"])
        .command(Shell::Posix)
        .unwrap();
    let ends = command.lines().filter(|line| *line == "SHOREPASS");
    assert_eq!(ends.count(), 1);
    assert!(command.starts_with(" sh <<'SHOREPASS'\n") && command.ends_with("\nSHOREPASS\n"));
}

#[test]
fn nothing_in_the_text_has_a_meaning_to_who_types_it() {
    for command in &commands(&setup("https://pass.example", &["demo"]))[..2] {
        assert!(!command.contains(['!', '\t']), "{command}");
    }
}

#[test]
fn cmd_has_no_command_of_its_own() {
    assert_eq!(
        setup("https://pass.example", &["demo"]).command(Shell::Cmd),
        None
    );
}
