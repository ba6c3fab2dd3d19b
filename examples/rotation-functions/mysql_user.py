#!/usr/bin/env python3
"""Rotates a pair of users of a MySQL or MariaDB of your own: USER and USER_rt take turns, so the account that applications use
is never touched. Parameters: host, port, ca (path of the CA). The privileged secret and the rotated one are both
{"AccountName": ..., "AccountPassword": ...}. Needs PyMySQL."""

import json
import re
import ssl

import pymysql

from strongroom_function import Refused, run

SUFFIX = "_rt"
DENIED = 1045


def connect(event, account):
    place = event["Parameters"]
    try:
        return pymysql.connect(host=place["host"], port=int(place["port"]), user=account["AccountName"],
                               password=account["AccountPassword"], ssl=ssl.create_default_context(cafile=place.get("ca")),
                               connect_timeout=10, autocommit=True)
    except pymysql.err.OperationalError as error:
        if error.args[0] == DENIED:
            return None
        raise Refused("unreachable", "DatabaseUnreachable", "The database does not answer.") from None


def admin(event):
    connection = connect(event, json.loads(event["Privileged"]))
    if connection is None:
        raise Refused("configuration", "AdminRefused", "The database refuses the privileged account.")
    return connection


def other(name):
    return name[:-len(SUFFIX)] if name.endswith(SUFFIX) else name + SUFFIX


def set_user(event):
    pending, current = json.loads(event["Pending"]), json.loads(event["Current"])
    if connect(event, pending):
        return {"Status": "already_done"}
    user, model = pending["AccountName"], current["AccountName"]
    if user != other(model):
        raise Refused("configuration", "AccountName", "The pending account is not the other one of the pair.")
    with admin(event) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE USER IF NOT EXISTS %s@'%%' IDENTIFIED BY %s", (user, pending["AccountPassword"]))
        cursor.execute("ALTER USER %s@'%%' IDENTIFIED BY %s", (user, pending["AccountPassword"]))
        cursor.execute("SHOW GRANTS FOR %s@'%%'", (model,))
        for (grant,) in cursor.fetchall():  # what was granted since is granted to its twin
            rights = re.match(r"GRANT (.*) TO [`'].*[`']@", grant).group(1)
            with_option = " WITH GRANT OPTION" if grant.endswith("WITH GRANT OPTION") else ""
            cursor.execute("GRANT " + rights.replace("%", "%%") + " TO %s@'%%'" + with_option, (user,))
    return {}


def handler(event):
    step = event["Step"]
    if step == "check" and "Privileged" in event:
        admin(event).close()
    elif step == "new":
        current = json.loads(event["Current"])
        return {"Value": json.dumps({"AccountName": other(current["AccountName"]), "AccountPassword": event["Candidate"]})}
    elif step == "set":
        return set_user(event)
    elif step == "test":
        connection = connect(event, json.loads(event["Pending"]))
        if connection is None:
            raise Refused("unreachable", "LoginRefused", "The database still refuses the new password.")
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    elif step == "probe":
        return {"Current": "accepted" if connect(event, json.loads(event["Current"])) else "refused"}
    return {}  # finish and abort: the other user of the pair is set anew by the next rotation


if __name__ == "__main__":
    run(handler)
