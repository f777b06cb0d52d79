//! The values of one column, whatever its type.
//! A number must never be taken for another: a float is read by its shortest text, a decimal by its digits.

use std::fmt::Display;
use std::str::FromStr;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int64Type, UInt64Type};
use arrow_array::{Array, ArrayRef, Decimal128Array, Float64Array, Int64Array, LargeStringArray, UInt64Array};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, TimeUnit as ArrowUnit};
use barter_data::{TimeUnit, Timestamp};
use barter_instrument::{Decimal, InstrumentError};

/// Times of any form.
pub(super) enum Times {
    Texts(LargeStringArray, TimeUnit),
    Numbers(Int64Array, TimeUnit),
    /// Of a column that says its unit, so that every year is plausible.
    Typed(Int64Array, ArrowUnit),
}

impl Times {
    pub(super) fn new(name: &str, column: &ArrayRef, unit: TimeUnit) -> Result<Self, String> {
        let numbers = || Ok::<_, String>(cast(name, column, &DataType::Int64)?.as_primitive::<Int64Type>().clone());
        match column.data_type() {
            DataType::Timestamp(typed, Some(_)) => Ok(Self::Typed(numbers()?, *typed)),
            DataType::Timestamp(_, None) | DataType::Date32 | DataType::Date64 => {
                Err(format!("{name} has no time zone: expected timestamps with one, such as UTC"))
            }
            integer if integer.is_integer() => Ok(Self::Numbers(numbers()?, unit)),
            _ => Ok(Self::Texts(texts(name, column)?, unit)),
        }
    }

    pub(super) fn get(&self, name: &str, row: usize) -> Result<Option<Timestamp>, String> {
        let numbers = match self {
            Self::Texts(texts, unit) => {
                let read = |text: &str| unit.read(text).map_err(|why| format!("{name} {text:?}: {why}"));
                return text(texts, row).map(read).transpose();
            }
            Self::Numbers(numbers, _) | Self::Typed(numbers, _) => numbers,
        };
        if numbers.is_null(row) {
            return Ok(None);
        }
        let number = numbers.value(row);
        let read = match self {
            Self::Typed(_, ArrowUnit::Second) => Timestamp::from_second(number).map_err(shown),
            Self::Typed(_, ArrowUnit::Millisecond) => Timestamp::from_millisecond(number).map_err(shown),
            Self::Typed(_, ArrowUnit::Microsecond) => Timestamp::from_microsecond(number).map_err(shown),
            Self::Typed(_, ArrowUnit::Nanosecond) => Timestamp::from_nanosecond(i128::from(number)).map_err(shown),
            Self::Numbers(_, unit) | Self::Texts(_, unit) => unit.timestamp(number).map_err(shown),
        };
        read.map(Some).map_err(|why| format!("{name} {number}: {why}"))
    }
}

/// Numbers of any form.
pub(super) enum Numbers {
    Floats(Float64Array),
    Decimals(Decimal128Array, u32),
    Texts(LargeStringArray),
}

impl Numbers {
    pub(super) fn new(name: &str, column: &ArrayRef) -> Result<Self, String> {
        let decimals = |scale: i8| {
            let column = cast(name, column, &DataType::Decimal128(38, scale))?;
            let scale = u32::try_from(scale).map_err(|_| format!("{name}: expected decimals of a scale from 0"))?;
            Ok(Self::Decimals(column.as_primitive::<Decimal128Type>().clone(), scale))
        };
        match column.data_type() {
            DataType::Float64 => Ok(Self::Floats(column.as_primitive::<Float64Type>().clone())),
            DataType::Decimal32(_, scale)
            | DataType::Decimal64(_, scale)
            | DataType::Decimal128(_, scale)
            | DataType::Decimal256(_, scale) => decimals(*scale),
            integer if integer.is_integer() => decimals(0),
            _ => Ok(Self::Texts(texts(name, column)?)),
        }
    }

    pub(super) fn get<T>(&self, name: &str, row: usize) -> Result<T, String>
    where
        T: FromStr<Err = InstrumentError> + TryFrom<Decimal, Error = InstrumentError>,
    {
        let missing = || missing(name);
        let wrong = |why: InstrumentError| format!("{name}: {why}");
        match self {
            Self::Floats(floats) => {
                let float = floats.is_valid(row).then(|| floats.value(row)).filter(|float| !float.is_nan());
                let float = float.ok_or_else(missing)?;
                match short(float) {
                    Some(decimal) => T::try_from(decimal).map_err(wrong),
                    None => float.to_string().parse().map_err(wrong),
                }
            }
            Self::Decimals(decimals, scale) => {
                let digits = decimals.is_valid(row).then(|| decimals.value(row)).ok_or_else(missing)?;
                let too_many = || format!("{name}: expected at most 28 digits");
                T::try_from(decimal(digits, *scale).ok_or_else(too_many)?).map_err(wrong)
            }
            Self::Texts(texts) => text(texts, row).ok_or_else(missing)?.parse().map_err(wrong),
        }
    }
}

/// The shortest decimal of a float where that has few digits; of two decimals of 15 digits each is another float.
fn short(float: f64) -> Option<Decimal> {
    const SCALE: f64 = 1e8;
    let digits = (float * SCALE).round();
    (digits.abs() < 1e15 && digits / SCALE == float).then(|| Decimal::new(digits as i64, 8).normalize())
}

fn decimal(mut digits: i128, mut scale: u32) -> Option<Decimal> {
    loop {
        match Decimal::try_from_i128_with_scale(digits, scale) {
            Ok(decimal) => return Some(decimal),
            Err(_) if scale > 0 && digits % 10 == 0 => (digits, scale) = (digits / 10, scale - 1),
            Err(_) => return None,
        }
    }
}

/// What is said of a value that is not there.
pub(super) fn missing(name: &str) -> String {
    format!("{name} is missing: expected a value")
}

/// The text of a row, if there is one.
pub(super) fn text(texts: &LargeStringArray, row: usize) -> Option<&str> {
    texts.is_valid(row).then(|| texts.value(row)).filter(|text| !text.is_empty())
}

/// The column as texts.
pub(super) fn texts(name: &str, column: &ArrayRef) -> Result<LargeStringArray, String> {
    Ok(cast(name, column, &DataType::LargeUtf8)?.as_string::<i64>().clone())
}

/// The column as whole numbers.
pub(super) fn counts(name: &str, column: &ArrayRef) -> Result<UInt64Array, String> {
    Ok(cast(name, column, &DataType::UInt64)?.as_primitive::<UInt64Type>().clone())
}

/// The whole number of a row, if there is one.
pub(super) fn count(counts: &UInt64Array, row: usize) -> Option<u64> {
    counts.is_valid(row).then(|| counts.value(row))
}

/// The column in another type, if each of its values has one.
fn cast(name: &str, column: &ArrayRef, into: &DataType) -> Result<ArrayRef, String> {
    let exact = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(column, into, &exact).map_err(|error| format!("{name}: {error}"))
}

/// What an error says.
pub(super) fn shown(error: impl Display) -> String {
    error.to_string()
}
