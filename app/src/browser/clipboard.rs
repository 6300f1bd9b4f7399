//! The clipboard, in the ways that browsers permit.

use std::future::Future;

use js_sys::{Array, Object, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{Blob, BlobPropertyBag, Clipboard, ClipboardItem};

const TEXT: &str = "text/plain";

/// Puts text on the clipboard.
pub(crate) async fn write(text: &str) -> Result<(), JsValue> {
    JsFuture::from(clipboard()?.write_text(text))
        .await
        .map(drop)
}

/// Puts text on the clipboard that is yet to come. Safari permits writing only within the click
/// itself, so the clipboard gets the promise of the text, not the text.
pub(crate) fn write_later(
    text: impl Future<Output = Result<String, JsValue>> + 'static,
) -> Result<Promise, JsValue> {
    let clipboard = clipboard()?;
    if !Reflect::has(&window(), &JsValue::from_str("ClipboardItem"))? {
        return Ok(future_to_promise(async move {
            write(&text.await?).await?;
            Ok(JsValue::UNDEFINED)
        }));
    }
    let blob = future_to_promise(async move {
        let kind = BlobPropertyBag::new();
        kind.set_type(TEXT);
        let parts = Array::of1(&JsValue::from_str(&text.await?));
        Blob::new_with_str_sequence_and_options(&parts, &kind).map(JsValue::from)
    });
    let record = Object::new();
    Reflect::set(&record, &JsValue::from_str(TEXT), &blob)?;
    let item = ClipboardItem::new_with_record_from_str_to_blob_promise(&record)?;
    Ok(clipboard.write(&Array::of1(&item)))
}

/// Absent where the page was not loaded securely.
fn clipboard() -> Result<Clipboard, JsValue> {
    let clipboard = window().navigator().clipboard();
    if clipboard.is_undefined() {
        Err(JsValue::from_str("no clipboard"))
    } else {
        Ok(clipboard)
    }
}
