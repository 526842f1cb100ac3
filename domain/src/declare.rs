//! Declarations that every aggregate makes in the same form.

/// Declares an aggregate's refusals: the enum's documentation and name, then each variant with its
/// stable code and a text that says what the caller can do.
macro_rules! refusals {
    (
        $(#[$about:meta])* $refusal:ident:
        $($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)+
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
        pub enum $refusal {
            $($(#[$doc])* #[error($text)] $name,)+
        }

        impl $refusal {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];
        }

        impl $crate::DomainError for $refusal {
            fn code(&self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }
        }
    };
}

/// Declares the rows of a matrix of states: variants, all of them in order, and their names.
macro_rules! asks {
    ($($variant:ident = $name:literal,)+) => {
        /// What is asked of the table: a command, or one kind of it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)] // the name of each is said by `name`
        pub enum Ask { $($variant,)+ }

        impl Ask {
            /// All rows, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name in the table.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

pub(crate) use {asks, refusals};
