#!/bin/sh
# notes what charon says about CHILD SAs
echo "$PLUTO_VERB $PLUTO_PEER $PLUTO_PEER_ID $PLUTO_PEER_CLIENT" >>/var/log/updown.log
