//! The document around every page: head, rail, content. What the content says is the pages'.

use domain::user::Person;
use leptos::{hydration::HydrationScripts, prelude::*};
use time::OffsetDateTime;

use crate::{pages, parts::rail::Rail};

/// Everything around a page.
pub struct Frame {
    /// Nobody on pages that come before logging in.
    pub person: Option<Person>,
    pub here: Here,
    /// The style sheet's URL.
    pub css: String,
    pub options: LeptosOptions,
    pub now: OffsetDateTime,
}

/// Which entry of the rail is current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Here {
    Token,
    Sessions,
    Clusters,
    Clients,
    Users,
    SigningKeys,
    Elsewhere,
}

/// What a request is answered with.
pub enum Page {
    Login(pages::login::LoginPage),
    Departure(pages::departure::DeparturePage),
    Consent(pages::consent::ConsentPage),
    Device(pages::device::DevicePage),
    Doctor(pages::doctor::DoctorPage),
    Logout(pages::logout::LogoutPage),
    Token(Box<pages::token::TokenPage>),
    Sessions(pages::sessions::SessionsPage),
    Clients(pages::clients::ClientsPage),
    Clusters(pages::clusters::ClustersPage),
    Cluster(Box<pages::cluster::ClusterPage>),
    Users(pages::users::UsersPage),
    User(Box<pages::user::UserPage>),
    SigningKeys(pages::signing_keys::SigningKeysPage),
    Setup(pages::setup::SetupPage),
    Kubeconfig(pages::kubeconfig::KubeconfigPage),
    Problem(pages::problem::ProblemPage),
}

impl Page {
    fn title(&self) -> String {
        let title = match self {
            Self::Login(_) => "Log in",
            Self::Departure(_) => "On your way",
            Self::Logout(_) => "Log out",
            Self::Consent(_) => "Let a program act for you",
            Self::Device(_) => "Let a program on another computer in",
            Self::Doctor(_) => "Token doctor",
            Self::Token(_) => "Your token",
            Self::Sessions(_) => "Sessions",
            Self::Clients(_) => "Clients",
            Self::Clusters(_) => "Clusters",
            Self::Cluster(page) => &page.record.name,
            Self::Users(_) => "Users",
            Self::User(page) => &page.profile.username,
            Self::SigningKeys(_) => "Signing keys",
            Self::Setup(page) => pages::setup::title(page),
            Self::Kubeconfig(_) => "Set up this computer",
            Self::Problem(page) => &page.title,
        };
        format!("{title} · Shorepass")
    }

    /// Whether the page has islands, and so is worth the browser part.
    fn moves(&self) -> bool {
        match self {
            Self::Token(_) | Self::Setup(_) | Self::Kubeconfig(_) | Self::Cluster(_) => true,
            // To copy a secret.
            Self::Clients(page) => page.secret.is_some(),
            // To copy commands.
            Self::SigningKeys(page) => page.aftermath.is_some(),
            Self::Login(_)
            | Self::Departure(_)
            | Self::Consent(_)
            | Self::Logout(_)
            | Self::Device(_)
            | Self::Doctor(_)
            | Self::Sessions(_)
            | Self::Clusters(_)
            | Self::Users(_)
            | Self::User(_)
            | Self::Problem(_) => false,
        }
    }
}

/// The whole document, `<!DOCTYPE html>` included.
pub fn shell(frame: Frame, page: Page) -> impl IntoView {
    let Frame {
        person,
        here,
        css,
        options,
        now,
    } = frame;
    let title = page.title();
    let scripts = page
        .moves()
        .then(|| view! { <HydrationScripts options islands=true /> });
    let alone = person.is_none();
    let content = match page {
        Page::Login(page) => pages::login::view(page).into_any(),
        Page::Departure(page) => pages::departure::view(page).into_any(),
        Page::Consent(page) => pages::consent::view(page).into_any(),
        Page::Device(page) => pages::device::view(page, now).into_any(),
        Page::Doctor(page) => pages::doctor::view(page).into_any(),
        Page::Logout(page) => pages::logout::view(page).into_any(),
        Page::Token(page) => pages::token::view(*page, now).into_any(),
        Page::Sessions(page) => pages::sessions::view(page, now).into_any(),
        Page::Clients(page) => pages::clients::view(page).into_any(),
        Page::Clusters(page) => pages::clusters::view(page).into_any(),
        Page::Cluster(page) => pages::cluster::view(*page).into_any(),
        Page::Users(page) => pages::users::view(page).into_any(),
        Page::User(page) => pages::user::view(*page, now).into_any(),
        Page::SigningKeys(page) => pages::signing_keys::view(page, now).into_any(),
        Page::Setup(page) => pages::setup::view(page).into_any(),
        Page::Kubeconfig(page) => pages::kubeconfig::view(page).into_any(),
        Page::Problem(page) => pages::problem::view(page).into_any(),
    };
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                // Under `no-referrer`, browsers say `Origin: null` with every form (Fetch, "append a
                // request `Origin` header"), and the server would refuse its own pages.
                <meta name="referrer" content="same-origin" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <title>{title}</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="stylesheet" href=css />
                {scripts}
            </head>
            <body class=if alone { "alone" } else { "crew" }>
                <a class="skip" href="#content">"Skip to the content"</a>
                {person.map(|person| view! { <Rail person here /> })}
                <main id="content" tabindex="-1">{content}</main>
            </body>
        </html>
    }
}
