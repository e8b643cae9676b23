"""The names under which cities publish the same things, the most telling first.

A name is compared without case, blanks and signs: "Created Date" and created_date are `createddate`.
In the second table a part of the name is enough, where no whole one was found.
"""

from __future__ import annotations

NAMES: dict[str, tuple[str, ...]] = {
    "id": ("uniquekey", "caseenquiryid", "caseid", "casenumber", "caseno", "srnumber", "servicerequestid",
           "servicerequestnumber", "servicerequestno", "requestid", "requestnumber", "ticketid",
           "ticketnumber", "referencenumber", "reference", "incidentid", "incidentnumber", "issueid",
           "reportid", "number", "key", "externalid", "id", "srid"),
    "parent": ("parentsrnumber", "parentrequestid", "parentid", "parentcaseid", "parentticket", "parent",
               "duplicateof", "duplicateid", "masterid", "mastercase", "mergedinto"),
    "status": ("status", "casestatus", "srstatus", "requeststatus", "ticketstatus", "currentstatus",
               "statusdescription", "state"),
    "opened": ("createddate", "creationdate", "opendt", "openeddate", "opened", "opendate",
               "openeddatetime", "requesteddatetime", "requestdate", "requestdatetime", "dateopened",
               "datecreated", "createdat", "createddatetime", "createdon", "created", "reporteddate",
               "reportedat", "reportdate", "datereported", "receiveddate", "receivedat", "datereceived",
               "received", "submitteddate", "submittedat", "submissiondate", "datesubmitted", "submitted",
               "entrydate", "initiateddate", "adddate", "datetime", "timestamp", "date", "datum",
               "fecha"),
    "closed": ("closeddate", "closeddt", "closedate", "closed", "closedat", "dateclosed", "closeddatetime",
               "completiondate", "completeddate", "completedat", "datecompleted", "completed", "resolveddate",
               "resolvedat", "dateresolved", "resolutiondate", "resolved", "finisheddate", "finishedat",
               "enddate"),
    "due": ("duedate", "targetdt", "targetdate", "due", "dueat", "datedue", "expecteddatetime", "sladuedate",
            "slatarget", "slatargetdate", "slaresolutionduedate", "promiseddate", "deadline", "target"),
    "service": ("servicename", "servicerequesttype", "typeofservicerequest", "requesttype", "srtype",
                "complainttype", "issuetype", "casetype", "incidenttype", "type", "requestcategory",
                "problemtype", "problem", "subcategory", "category", "kategorie", "categoria", "descriptor",
                "issue", "servicetype", "service", "title", "casetitle", "requesttitle", "topic", "subject",
                "servicecode"),
    "group": ("servicegroup", "groupname", "group", "reason", "category", "requestcategory", "maincategory",
              "casegroup", "topic", "theme", "class", "subject", "division"),
    "department": ("department", "dept", "agencyresponsible", "responsibleagency", "responsibledepartment",
                   "agency", "owner", "owningdepartment", "ownerdepartment", "assigneddepartment", "bureau",
                   "organization", "organisation", "division", "responsible", "handledby", "agencyname",
                   "departmentname"),
    "department_name": ("agencyname", "departmentname", "deptname", "ownername", "bureauname"),
    "channel": ("opendatachanneltype", "requestsource", "casesource", "channel", "source", "srsource",
                "sourcetype", "origin", "methodreceived", "receivedvia", "submittedvia", "intakemethod",
                "howreported"),
    "address": ("incidentaddress", "streetaddress", "address", "fulladdress", "siteaddress", "addressstring",
                "requestaddress", "locationaddress", "location", "adresse", "direccion", "streetname"),
    "lat": ("latitude", "lat", "y", "ycoordinate", "ycoord", "north", "n", "nkoord"),
    "long": ("longitude", "long", "lng", "lon", "x", "xcoordinate", "xcoord", "east", "e", "ekoord"),
    "place": ("location", "point", "thegeom", "geom", "geometry", "coordinates", "latlong", "latlon",
              "geolocation", "geopoint", "wkt", "locationpoint", "geocodedcolumn"),
    "note": ("closurereason", "closurecomments", "resolutiondescription", "resolutionnotes", "resolution",
             "closingnote", "closingnotes", "statusnotes", "statusnote", "closingcomments", "outcome"),
}
PARTS: dict[str, tuple[str, ...]] = {
    "opened": ("created", "opened", "requested", "reported", "received", "submitted"),
    "closed": ("closed", "completed", "completion", "resolved"),
    "due": ("duedate", "targetdate", "expected"),
    "service": ("natureof", "requesttype", "complainttype", "servicename", "issuetype", "casetype",
                "category"),
    "department": ("department", "agency"),
    "channel": ("channel", "source"),
    "address": ("address",),
}
# A channel's name that holds one of these words is that one of ours.
CHANNELS = (
    ("crew", ("employee", "crew", "driver", "internal", "staff", "inspector", "proactive")),
    ("social", ("twitter", "facebook", "social")),
    ("app", ("app", "mobile", "iphone", "android")),
    ("call", ("call", "phone", "311", "voice")),
    ("web", ("web", "online", "self service", "internet", "portal", "site")),
    ("email", ("mail",)),
    ("partner", ("partner", "integration", "api", "open311")),
)
# Words for a status that mean the same everywhere, in lower case. Others are left to a person.
STATUSES = {
    "open": "open", "opened": "open", "new": "open", "pending": "open", "assigned": "open",
    "unassigned": "open", "in progress": "open", "received": "open", "started": "open",
    "acknowledged": "open", "closed": "closed", "completed": "closed", "complete": "closed",
    "resolved": "closed", "done": "closed", "archived": "closed", "cancelled": "closed withdrawn",
    "canceled": "closed withdrawn", "withdrawn": "closed withdrawn", "duplicate": "closed duplicate",
    "closed - duplicate": "closed duplicate", "invalid": "closed invalid", "referred": "closed handed_over",
    "transferred": "closed handed_over",
}
