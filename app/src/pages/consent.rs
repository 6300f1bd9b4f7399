//! Where a person is asked whether a client may know who they are.

use leptos::prelude::*;

/// What the page shows.
pub struct ConsentPage {
    /// How the client is called.
    pub title: String,
    /// Where its answer goes.
    pub host: String,
    /// The cluster that its tokens are for.
    pub cluster: String,
    /// Whether it asks for the e-mail address.
    pub email: bool,
    /// The client's request, which the answer takes along.
    pub request: String,
}

pub(crate) fn view(page: ConsentPage) -> impl IntoView {
    let ConsentPage {
        title,
        host,
        cluster,
        email,
        request,
    } = page;
    view! {
        <article class="consent">
            <h1>{format!("Let {title} act for you?")}</h1>
            <p>
                <strong>{title.clone()}</strong>
                " at "
                <code>{host}</code>
                " asks for tokens of yours. With them it can do in the cluster "
                <code>{cluster}</code>
                " what you can do there, as long as you are logged in here."
            </p>
            <p>
                {if email {
                    "It also learns your name, your e-mail address and your groups."
                } else {
                    "It also learns your name and your groups."
                }}
            </p>
            <form method="post" action="/oauth2/consent" class="consent-answer">
                <input type="hidden" name="request" value=request />
                <button class="button lead" name="decision" value="allow">
                    {format!("Let {title} act for me")}
                </button>
                <button class="button" name="decision" value="deny">
                    "Go back without"
                </button>
            </form>
            <p class="consent-care">
                "If you did not just come from this program, go back without: somebody may have sent you here."
            </p>
        </article>
    }
}
