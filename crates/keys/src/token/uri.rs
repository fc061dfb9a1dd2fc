//! The name of a key in a token: `pkcs11:token=T;object=K?module-path=M&pin-source=F` (RFC 7512).

use std::path::PathBuf;

use percent_encoding::percent_decode_str;

use super::TokenError;

/// Which key, in which token, through which module.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Uri {
    /// The token's label.
    pub(super) token: String,
    /// The key's label.
    pub(super) object: String,
    /// The module: a shared library.
    pub(super) module: PathBuf,
    /// The file of its PIN.
    pub(super) pin_source: Option<PathBuf>,
}

impl Uri {
    /// Reads a URI. One that asks for more than is looked at is refused: it could mean another key.
    pub(super) fn read(text: &str) -> Result<Self, TokenError> {
        let bad = |why: String| TokenError::BadUri { uri: text.to_owned(), why };
        let rest = text.strip_prefix("pkcs11:").ok_or_else(|| bad("no `pkcs11:`".to_owned()))?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let [mut token, mut object, mut module, mut pin] = [const { None }; 4];
        let parts = path.split(';').chain(query.split('&')).filter(|part| !part.is_empty());
        for part in parts {
            let (name, value) =
                part.split_once('=').ok_or_else(|| bad(format!("`{part}` has no value")))?;
            let value = percent_decode_str(value).decode_utf8();
            let value = value.map_err(|_| bad(format!("`{name}` is no UTF-8")))?.into_owned();
            let slot = match (name, value.as_str()) {
                ("token", _) => &mut token,
                ("object", _) => &mut object,
                ("module-path", _) => &mut module,
                ("pin-source", _) => &mut pin,
                ("type", "private") => continue,
                _ => return Err(bad(format!("`{name}` is not looked at here"))),
            };
            if slot.replace(value).is_some() {
                return Err(bad(format!("it names `{name}` twice")));
            }
        }
        let need = |value: Option<String>, name: &str| {
            value.ok_or_else(|| bad(format!("it does not name `{name}`")))
        };
        let file = |source: String| PathBuf::from(source.strip_prefix("file:").unwrap_or(&source));
        Ok(Self {
            token: need(token, "token")?,
            object: need(object, "object")?,
            module: need(module, "module-path")?.into(),
            pin_source: pin.map(file),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_names_one_key_and_nothing_that_is_passed_over() {
        let full =
            "pkcs11:token=My%20token;object=k;type=private?module-path=/m.so&pin-source=file:/pin";
        let read = Uri::read(full).unwrap();
        let wanted = Uri {
            token: "My token".to_owned(),
            object: "k".to_owned(),
            module: "/m.so".into(),
            pin_source: Some("/pin".into()),
        };
        assert_eq!(read, wanted);
        for bad in [
            "token=t",
            "pkcs11:",
            "pkcs11:token=t;object=k",
            "pkcs11:token=t;object=k;object=k2?module-path=/m",
            "pkcs11:token=t;object=k?module-path=/m&pin-value=1234",
            "pkcs11:token=t;object=%ff?module-path=/m",
            "pkcs11:token=t;object?module-path=/m",
            "pkcs11:token=t;object=k;type=public?module-path=/m",
        ] {
            assert!(matches!(Uri::read(bad), Err(TokenError::BadUri { .. })), "{bad}");
        }
    }
}
