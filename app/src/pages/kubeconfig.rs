//! A whole kubeconfig to save, for those who set their computer up in another way.

use leptos::prelude::*;

use crate::parts::commands_box::CommandBox;

/// How kubectl comes by its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherWay {
    /// `kubectl oidc-login`, a plug-in that people install.
    Kubelogin,
    /// kubectl's own `oidc` provider.
    AuthProvider,
}

impl OtherWay {
    pub const ALL: [Self; 2] = [Self::Kubelogin, Self::AuthProvider];

    /// The word of the form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kubelogin => "kubelogin",
            Self::AuthProvider => "auth-provider",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == word)
    }

    /// What the button that asks for it says.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Kubelogin => "With kubelogin",
            Self::AuthProvider => "With kubectl’s own OpenID Connect",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Kubelogin => "~/.shorepass/kubelogin.yaml",
            Self::AuthProvider => "~/.shorepass/oidc.yaml",
        }
    }
}

/// What the page shows.
pub struct KubeconfigPage {
    pub way: OtherWay,
    pub text: String,
    /// The context to begin with.
    pub context: Option<String>,
}

pub(crate) fn view(page: KubeconfigPage) -> impl IntoView {
    let KubeconfigPage { way, text, context } = page;
    let file = way.file();
    let notes = match way {
        OtherWay::Kubelogin => view! {
            <ul class="notes">
                <li>"It needs the plug-in " <code>"kubectl oidc-login"</code> " (kubelogin). Nothing in the file is secret."</li>
                <li>"When there is no token, your browser opens. While you are logged in here it closes the matter by itself."</li>
            </ul>
        }
        .into_any(),
        OtherWay::AuthProvider => view! {
            <ul class="notes">
                <li>"The file holds secrets of this login and is not shown again: save it for your eyes only (" <code>{format!("chmod 600 {file}")}</code> ")."</li>
                <li>"kubectl replaces the refresh token in it at each use. It ends with this login: tomorrow, come here again. Setting up this computer the usual way spares you that."</li>
            </ul>
        }
        .into_any(),
    };
    let next = context.map(|context| {
        let text = format!("kubectl --kubeconfig {file} --context {context} get pods");
        view! { <CommandBox id="next".to_owned() title="Then type" what="the kubectl command" text /> }
    });
    view! {
        <div class="page-head"><h1>{way.title()}</h1><a class="button" href="/">"Done"</a></div>
        <section class="card setup">
            <p>"Save this as " <code>{file}</code> ":"</p>
            <CommandBox id="kubeconfig".to_owned() title="kubeconfig" what="the kubeconfig" text lead=true />
            {next}
            {notes}
        </section>
    }
}
