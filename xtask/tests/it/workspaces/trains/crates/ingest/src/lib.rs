#[test] fn feeds() { assert_eq!(lark_core::notes(), 2); }
