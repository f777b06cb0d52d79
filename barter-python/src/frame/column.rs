//! The values of one column, whatever its type.
//! A number must never be taken for another: a float is read by its shortest text, a decimal by its digits.

use std::fmt::Display;
use std::str::FromStr;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{
    Array, ArrowPrimitiveType, Float32Array, Float64Array, Int64Array, LargeStringArray, PrimitiveArray, StringArray,
    StringViewArray, downcast_integer_array,
};
use arrow_schema::{DataType, TimeUnit as ArrowUnit};
use barter_data::{TimeUnit, Timestamp};
use barter_instrument::{Decimal, InstrumentError};

/// What columns are read of.
const EXPECTED: &str = "numbers, texts, or timestamps with a time zone";

/// Whole numbers of any width.
pub(super) type Integers = Box<dyn Fn(usize) -> Option<i128>>;

/// The column as whole numbers, if it is one of them.
fn integers(column: &dyn Array) -> Option<Integers> {
    downcast_integer_array!(
        column => Some(numbers(column, i128::from)),
        _ => None,
    )
}

fn numbers<T: ArrowPrimitiveType>(column: &PrimitiveArray<T>, read: impl Fn(T::Native) -> i128 + 'static) -> Integers {
    let column = column.clone();
    Box::new(move |row| value(&column, row).map(&read))
}

fn value<T: ArrowPrimitiveType>(column: &PrimitiveArray<T>, row: usize) -> Option<T::Native> {
    column.is_valid(row).then(|| column.value(row))
}

/// Texts of any form.
pub(super) enum Texts {
    Small(StringArray),
    Large(LargeStringArray),
    View(StringViewArray),
    Numbered(Integers, Box<Texts>),
}

impl Texts {
    pub(super) fn new(name: &str, column: &dyn Array) -> Result<Self, String> {
        Ok(match column.data_type() {
            DataType::Utf8 => Self::Small(column.as_string().clone()),
            DataType::LargeUtf8 => Self::Large(column.as_string().clone()),
            DataType::Utf8View => Self::View(column.as_string_view().clone()),
            other => {
                let dictionary = column.as_any_dictionary_opt();
                let numbered = dictionary.and_then(|texts| Some((integers(texts.keys())?, texts.values())));
                let (keys, texts) =
                    numbered.ok_or_else(|| format!("{name} is of type {other}: expected {EXPECTED}"))?;
                Self::Numbered(keys, Box::new(Self::new(name, texts)?))
            }
        })
    }

    /// The text of a row; none where it is empty.
    pub(super) fn get(&self, row: usize) -> Option<&str> {
        let text = match self {
            Self::Small(texts) => texts.is_valid(row).then(|| texts.value(row)),
            Self::Large(texts) => texts.is_valid(row).then(|| texts.value(row)),
            Self::View(texts) => texts.is_valid(row).then(|| texts.value(row)),
            Self::Numbered(keys, texts) => texts.get(usize::try_from(keys(row)?).ok()?),
        };
        text.filter(|text| !text.is_empty())
    }
}

/// Times of any form.
pub(super) enum Times {
    Texts(Texts, TimeUnit),
    Numbers(Integers, TimeUnit),
    /// Of a column that says its unit, so that every year is plausible.
    Typed(Int64Array, ArrowUnit),
}

impl Times {
    pub(super) fn new(name: &str, column: &dyn Array, unit: TimeUnit) -> Result<Self, String> {
        let typed = match column.data_type() {
            DataType::Timestamp(_, None) | DataType::Date32 | DataType::Date64 => {
                return Err(format!("{name} has no time zone: expected timestamps with one, such as UTC"));
            }
            DataType::Timestamp(typed, Some(_)) => *typed,
            _ => {
                let numbers = integers(column).map(|numbers| Self::Numbers(numbers, unit));
                return numbers.map_or_else(|| Ok(Self::Texts(Texts::new(name, column)?, unit)), Ok);
            }
        };
        let numbers = match typed {
            ArrowUnit::Second => column.as_primitive::<TimestampSecondType>().reinterpret_cast::<Int64Type>(),
            ArrowUnit::Millisecond => column.as_primitive::<TimestampMillisecondType>().reinterpret_cast(),
            ArrowUnit::Microsecond => column.as_primitive::<TimestampMicrosecondType>().reinterpret_cast(),
            ArrowUnit::Nanosecond => column.as_primitive::<TimestampNanosecondType>().reinterpret_cast(),
        };
        Ok(Self::Typed(numbers, typed))
    }

    pub(super) fn get(&self, name: &str, row: usize) -> Result<Option<Timestamp>, String> {
        let (number, read) = match self {
            Self::Texts(texts, unit) => {
                let read = |text: &str| unit.read(text).map_err(|why| format!("{name} {text:?}: {why}"));
                return texts.get(row).map(read).transpose();
            }
            Self::Numbers(numbers, unit) => {
                let Some(number) = numbers(row) else { return Ok(None) };
                // What is no i64 is a plausible time in no unit, as the least is not.
                (number, unit.timestamp(i64::try_from(number).unwrap_or(i64::MIN)).map_err(shown))
            }
            Self::Typed(numbers, unit) => {
                let Some(number) = value(numbers, row) else { return Ok(None) };
                let time = match unit {
                    ArrowUnit::Second => Timestamp::from_second(number),
                    ArrowUnit::Millisecond => Timestamp::from_millisecond(number),
                    ArrowUnit::Microsecond => Timestamp::from_microsecond(number),
                    ArrowUnit::Nanosecond => Timestamp::from_nanosecond(number.into()),
                };
                (number.into(), time.map_err(shown))
            }
        };
        read.map(Some).map_err(|why| format!("{name} {number}: {why}"))
    }
}

/// Numbers of any form.
pub(super) enum Numbers {
    Floats(Float64Array),
    Singles(Float32Array),
    Decimals(Integers, u32),
    Texts(Texts),
}

impl Numbers {
    pub(super) fn new(name: &str, column: &dyn Array) -> Result<Self, String> {
        let (digits, scale) = match column.data_type() {
            DataType::Float64 => return Ok(Self::Floats(column.as_primitive::<Float64Type>().clone())),
            DataType::Float32 => return Ok(Self::Singles(column.as_primitive::<Float32Type>().clone())),
            DataType::Decimal32(_, scale) => (numbers(column.as_primitive::<Decimal32Type>(), i128::from), *scale),
            DataType::Decimal64(_, scale) => (numbers(column.as_primitive::<Decimal64Type>(), i128::from), *scale),
            DataType::Decimal128(_, scale) => (numbers(column.as_primitive::<Decimal128Type>(), i128::from), *scale),
            DataType::Decimal256(_, scale) => {
                // What is no i128 has too many digits, as the largest has.
                let read = |wide: <Decimal256Type as ArrowPrimitiveType>::Native| wide.to_i128().unwrap_or(i128::MAX);
                (numbers(column.as_primitive::<Decimal256Type>(), read), *scale)
            }
            _ => match integers(column) {
                Some(integers) => (integers, 0),
                None => return Texts::new(name, column).map(Self::Texts),
            },
        };
        let scale = u32::try_from(scale).map_err(|_| format!("{name}: expected decimals of a scale from 0"))?;
        Ok(Self::Decimals(digits, scale))
    }

    pub(super) fn get<T>(&self, name: &str, row: usize) -> Result<T, String>
    where
        T: FromStr<Err = InstrumentError> + TryFrom<Decimal, Error = InstrumentError>,
    {
        let missing = || missing(name);
        let wrong = |why: InstrumentError| format!("{name}: {why}");
        match self {
            Self::Floats(floats) => {
                let float = value(floats, row).filter(|float| !float.is_nan()).ok_or_else(missing)?;
                match short(float) {
                    Some(decimal) => T::try_from(decimal).map_err(wrong),
                    None => float.to_string().parse().map_err(wrong),
                }
            }
            Self::Singles(floats) => {
                let float = value(floats, row).filter(|float| !float.is_nan()).ok_or_else(missing)?;
                float.to_string().parse().map_err(wrong)
            }
            Self::Decimals(decimals, scale) => {
                let digits = decimals(row).ok_or_else(missing)?;
                let too_many = || format!("{name}: expected at most 28 digits");
                T::try_from(decimal(digits, *scale).ok_or_else(too_many)?).map_err(wrong)
            }
            Self::Texts(texts) => texts.get(row).ok_or_else(missing)?.parse().map_err(wrong),
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

/// Counts and numbers that name something.
pub(super) enum Counts {
    Numbers(Integers),
    /// As pandas has them where some are missing.
    Floats(Float64Array),
    Texts(Texts),
}

impl Counts {
    pub(super) fn new(name: &str, column: &dyn Array) -> Result<Self, String> {
        if let Some(numbers) = integers(column) {
            return Ok(Self::Numbers(numbers));
        }
        let floats = column.as_primitive_opt::<Float64Type>().cloned();
        floats.map_or_else(|| Texts::new(name, column).map(Self::Texts), |floats| Ok(Self::Floats(floats)))
    }

    pub(super) fn get(&self, name: &str, row: usize) -> Result<Option<u64>, String> {
        let text = match self {
            Self::Numbers(numbers) => numbers(row).map(|number| number.to_string()),
            Self::Floats(floats) => value(floats, row).filter(|float| !float.is_nan()).map(|float| float.to_string()),
            Self::Texts(texts) => texts.get(row).map(str::to_owned),
        };
        let read = |text: String| text.parse().map_err(|_| format!("{name} {text:?}: expected a whole number"));
        text.map(read).transpose()
    }
}

/// What is said of a value that is not there.
pub(super) fn missing(name: &str) -> String {
    format!("{name} is missing: expected a value")
}

/// What an error says.
pub(super) fn shown(error: impl Display) -> String {
    error.to_string()
}
