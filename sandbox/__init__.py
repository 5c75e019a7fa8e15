"""A pretend WeChat: mini-program API, OAuth, Pay APIv3, cashier and phone, as its own Flask app.

It shares no line with the house it serves, so that a mistake in the house's client cannot hide in a shared routine.
It refuses to start in production.
"""
