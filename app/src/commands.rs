//! The commands that the pages print, one form per shell.
//!
//! They never carry the key: it stands in a file that `curl` reads. They never use `curl -f` and
//! never leave the token empty: with an empty `--token=` kubectl falls back to the credentials of
//! the kubeconfig and acts as somebody else. An error word is sent as the token and refused.

/// A shell that the commands are written for.
#[expect(clippy::enum_variant_names, reason = "PowerShell is called so")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shell {
    Posix,
    Fish,
    PowerShell,
    Cmd,
}

/// Where a token comes from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    url: String,
    cluster: String,
}

impl Source {
    /// `named` where the portal could not know the cluster otherwise: several clusters, and a key
    /// that may be for all of them.
    pub(crate) fn new(base_url: &str, cluster: &str, named: bool) -> Self {
        let base = base_url.trim_end_matches('/');
        let query = if named {
            format!("?cluster={cluster}")
        } else {
            String::new()
        };
        Self {
            url: format!("{base}/k8stoken{query}"),
            cluster: cluster.to_owned(),
        }
    }
}

impl Shell {
    pub(crate) const ALL: [Self; 4] = [Self::Posix, Self::Fish, Self::PowerShell, Self::Cmd];

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Posix => "bash, zsh",
            Self::Fish => "fish",
            Self::PowerShell => "PowerShell",
            Self::Cmd => "cmd",
        }
    }

    /// The shell in names of elements.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Posix => "posix",
            Self::Fish => "fish",
            Self::PowerShell => "powershell",
            Self::Cmd => "cmd",
        }
    }

    /// Prints the token, or the word that says why there is none.
    pub(crate) fn curl(self, source: &Source) -> String {
        let (file, url) = (self.header_file(source), self.url(source));
        match self {
            Self::Posix | Self::Fish => format!("curl -sS -H {file} {url}"),
            Self::PowerShell | Self::Cmd => format!("curl.exe -sS -H {file} {url}"),
        }
    }

    /// One call of kubectl with a fresh token.
    pub(crate) fn kubectl(self, source: &Source) -> String {
        let curl = self.curl(source);
        match self {
            Self::Posix => format!(r#"kubectl --token="$({curl} || echo unavailable)" get pods"#),
            // Without output the argument would vanish, so only lines with something in them count.
            Self::Fish => format!(
                "kubectl --token=({curl} | string match -r '.+'; or echo unavailable) get pods"
            ),
            Self::PowerShell => {
                format!(
                    r#"kubectl "--token=$(if ($t = {curl}) {{ $t }} else {{ 'unavailable' }})" get pods"#
                )
            }
            // Without output nothing runs at all.
            Self::Cmd => format!(
                r#"for /f "delims=" %t in ('{curl} ^|^| echo unavailable') do @kubectl --token=%t get pods"#
            ),
        }
    }

    /// Writes the key file, so that only its owner can read it. The space in front keeps the line
    /// out of the history where the shell is set to do so.
    pub(crate) fn save(self, source: &Source, secret: &str) -> String {
        let line = format!("Authorization: Bearer {secret}");
        let cluster = &source.cluster;
        match self {
            Self::Posix | Self::Fish => {
                let file = format!("~/.shorepass/{cluster}");
                format!(
                    " mkdir -p ~/.shorepass && touch {file} && chmod 600 {file} && printf '%s\\n' '{line}' > {file}"
                )
            }
            Self::PowerShell => format!(
                r#"$d = "$HOME\.shorepass"; mkdir $d -Force | Out-Null; icacls $d /inheritance:r /grant:r "${{env:USERNAME}}:(OI)(CI)F" | Out-Null; Set-Content -Encoding ascii "$d\{cluster}" '{line}'"#
            ),
            // The redirection comes first: a digit before `>` would be taken for a handle.
            Self::Cmd => format!(
                r#"(if not exist "%USERPROFILE%\.shorepass" mkdir "%USERPROFILE%\.shorepass") & icacls "%USERPROFILE%\.shorepass" /inheritance:r /grant:r "%USERNAME%:(OI)(CI)F" >nul & >"%USERPROFILE%\.shorepass\{cluster}" echo {line}"#
            ),
        }
    }

    /// The file that [`Shell::save`] writes, as a person of this shell would name it.
    pub(crate) fn file(self, source: &Source) -> String {
        let cluster = &source.cluster;
        match self {
            Self::Posix | Self::Fish => format!("~/.shorepass/{cluster}"),
            Self::PowerShell => format!(r"$HOME\.shorepass\{cluster}"),
            Self::Cmd => format!(r"%USERPROFILE%\.shorepass\{cluster}"),
        }
    }

    /// The argument that makes curl read a header from the file. `@~/` is not expanded by bash.
    fn header_file(self, source: &Source) -> String {
        let cluster = &source.cluster;
        match self {
            Self::Posix | Self::Fish | Self::PowerShell => {
                format!(r#""@$HOME/.shorepass/{cluster}""#)
            }
            Self::Cmd => format!(r#""@%USERPROFILE%\.shorepass\{cluster}""#),
        }
    }

    /// A `?` is a pattern to zsh and fish, a `=` ends a word in cmd's `for`.
    fn url(self, source: &Source) -> String {
        let url = &source.url;
        match self {
            Self::Posix | Self::Fish | Self::PowerShell if !url.contains('?') => url.clone(),
            Self::Posix | Self::Fish | Self::PowerShell => format!("'{url}'"),
            Self::Cmd => format!(r#""{url}""#),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> Source {
        Source::new("https://pass.example", "demo", false)
    }

    fn many() -> Source {
        Source::new("https://pass.example/", "harbour-east", true)
    }

    #[test]
    fn the_bash_form_is_the_documented_one() {
        assert_eq!(
            Shell::Posix.kubectl(&one()),
            r#"kubectl --token="$(curl -sS -H "@$HOME/.shorepass/demo" https://pass.example/k8stoken || echo unavailable)" get pods"#
        );
    }

    #[test]
    fn with_several_clusters_the_cluster_is_named_and_the_url_is_quoted() {
        for shell in Shell::ALL {
            let command = shell.curl(&many());
            let url = "https://pass.example/k8stoken?cluster=harbour-east";
            assert!(
                command.contains(&format!("'{url}'")) || command.contains(&format!("\"{url}\"")),
                "{command}"
            );
        }
    }

    #[test]
    fn no_command_hides_errors_or_carries_the_key() {
        for shell in Shell::ALL {
            for command in [shell.curl(&many()), shell.kubectl(&one())] {
                assert!(!command.contains(" -f"), "{command}");
                assert!(
                    !command.contains("k8r_") && !command.contains("refresh_token"),
                    "{command}"
                );
            }
            assert!(shell.kubectl(&one()).contains("unavailable"), "{shell:?}");
        }
    }

    #[test]
    fn the_key_file_is_written_where_the_commands_read_it() {
        for shell in Shell::ALL {
            let command = shell.save(&one(), "k8r_secret");
            assert!(
                command.contains("Authorization: Bearer k8r_secret"),
                "{command}"
            );
            assert!(command.contains(".shorepass"), "{command}");
        }
        assert!(
            Shell::Posix
                .save(&one(), "k8r_x")
                .contains("chmod 600 ~/.shorepass/demo")
        );
    }
}
