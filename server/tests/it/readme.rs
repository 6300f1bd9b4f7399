//! The README is true where a machine can tell.

use std::path::Path;

#[test]
fn every_path_in_the_readme_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join("README.md")).unwrap();
    let is_path = |word: &&str| {
        word.contains('/')
            && !word.contains([' ', ':', '$', '<', '*', '~'])
            && !word.starts_with('/')
    };
    let named: Vec<&str> = text.split('`').skip(1).step_by(2).filter(is_path).collect();
    assert!(named.len() > 20, "the README names its files");
    for path in named {
        let generated = path.starts_with(".dev");
        assert!(
            generated || root.join(path).exists(),
            "the README names {path}, which does not exist"
        );
    }
    assert!(
        root.join("docs/token-page.png").exists(),
        "the picture is missing"
    );
}
