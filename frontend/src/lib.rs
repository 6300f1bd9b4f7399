//! The browser part's entry point: brings the islands of a page to life.
//! What they do is in `app`; this crate only has to link it.

use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page once this module is loaded, before its islands are looked up by name.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
