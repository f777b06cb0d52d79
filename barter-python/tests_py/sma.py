"""The crossing of two averages, written in Python as barter writes it in Rust."""

from barter_python import Order


class SmaCrossover:
    def __init__(self, fast, slow, share):
        self.fast, self.slow, self.share = fast, slow, share
        self.closes = []
        self.was_above = None

    def on_candle(self, candle, portfolio):
        self.closes = [*self.closes, candle.close][-self.slow :]
        if len(self.closes) < self.slow:
            return None
        # Compared without dividing, so that equal averages are equal.
        fast = sum(self.closes[-self.fast :]) * self.slow
        slow = sum(self.closes) * self.fast
        if fast == slow:
            return None
        was_above, self.was_above = self.was_above, fast > slow
        if was_above is False and self.was_above:
            quantity = portfolio.quote_free * self.share / candle.close
            return Order.market("buy", portfolio.instrument.floor_quantity(quantity))
        if was_above is True and not self.was_above and portfolio.base_free:
            return Order.market("sell", portfolio.base_free)
        return None
